package dev.sampo.training.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.sampo.onnx.TensorType;
import dev.sampo.training.artifacts.NativeTraining;
import dev.sampo.training.graph.Backend;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.FineTuner;
import dev.sampo.training.graph.Objective;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.SessionSetup;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.graph.TrainingState;
import dev.sampo.training.loss.DiffusionLoss;
import dev.sampo.training.loss.Losses;
import dev.sampo.training.run.FineTuners;
import dev.sampo.training.run.StepRandom;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * This project's side of {@code scripts/bench-training}: CPU time a training step with one thread and the peak resident
 * memory of the process. CPU time rather than wall time, so that it can be compared with PyTorch's on a busy machine.
 */
public final class StepTime {
  private static final int WARM_UP = 20;

  private StepTime() {}

  /**
   * @param args folder of the nets, net, back end, steps
   */
  public static void main(String[] args) throws Exception {
    NativeTraining.install();
    OperatingSystemMXBean os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    Backend backend = Backend.valueOf(args[2].toUpperCase(Locale.ROOT).replace('-', '_'));
    int steps = Integer.parseInt(args[3]);
    TrainingGraph graph = graph(Path.of(args[0]), args[1]);
    Batch first = batch(graph);
    Batch batch = batch(graph);
    for (String carried : graph.carried()) {
      TensorType type = graph.carriedType(carried);
      first.floats(carried, new float[(int) type.elementCount()], type.dims());
    }
    OptimizerConfig optimizer = OptimizerConfig.adamW();
    TrainingState start = TrainingState.initial(graph, optimizer);
    try (FineTuner tuner = FineTuners.open(graph, optimizer, backend, start, new SessionSetup(1))) {
      long from = 0;
      for (int step = 0; step < WARM_UP + steps; step++) {
        if (step == WARM_UP) {
          from = os.getProcessCpuTime();
        }
        tuner.step(step == 0 ? first : batch, 1e-3);
      }
      double millis = (os.getProcessCpuTime() - from) / 1e6 / steps;
      System.out.printf(Locale.ROOT, "{\"ms\": %.3f, \"peak_mb\": %.1f}%n", millis, peakMb());
    }
  }

  private static TrainingGraph graph(Path folder, String net) throws Exception {
    Objective objective =
        switch (net) {
          case "transformer" -> Losses.languageModel("logits");
          case "lstm" -> Losses.languageModel("logits", Map.of("h0", "hn", "c0", "cn"));
          case "unet" -> DiffusionLoss.EPSILON.of("out_sample");
          default -> Losses.crossEntropy("logits");
        };
    int batch =
        switch (net) {
          case "none" -> 2;
          case "mlp", "wide" -> 64;
          case "conv" -> 32;
          case "transformer" -> 8;
          default -> 16;
        };
    return TrainingGraph.builder()
        .model("model", folder.resolve(net).resolve("model.onnx"))
        .dim("batch", batch)
        .dim("time", 64)
        .objective(objective)
        .build();
  }

  private static Batch batch(TrainingGraph graph) {
    StepRandom random = new StepRandom(0, "bench", 0);
    Batch batch = new Batch();
    for (Map.Entry<String, TensorType> input : graph.inputs().entrySet()) {
      int count = (int) input.getValue().elementCount();
      long[] dims = input.getValue().dims();
      if (input.getValue().isFloat()) {
        batch.floats(input.getKey(), random.gaussians(count), dims);
      } else {
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
          values[i] = random.nextInt(2) * (count > 2 ? 5 : 0);
        }
        batch.longs(input.getKey(), values, dims);
      }
    }
    return batch;
  }

  private static double peakMb() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
      }
    }
    return Double.NaN;
  }
}
