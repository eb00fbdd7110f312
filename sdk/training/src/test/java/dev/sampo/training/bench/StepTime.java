package dev.sampo.training.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.sampo.training.Backend;
import dev.sampo.training.Batch;
import dev.sampo.training.FineTuner;
import dev.sampo.training.OptimizerConfig;
import dev.sampo.training.SessionSetup;
import dev.sampo.training.TrainingGraph;
import dev.sampo.training.TrainingState;
import dev.sampo.training.loss.Losses;
import dev.sampo.training.onnx.TensorType;
import dev.sampo.training.run.StepRandom;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * CPU time a training step, one thread, of the models that {@code src/test/python/make_bench_models.py} writes. CPU time
 * rather than wall time, so that it can be compared with PyTorch's on a busy machine.
 */
public final class StepTime {
  private StepTime() {}

  /**
   * @param args the folder of the models
   */
  public static void main(String[] args) throws Exception {
    OperatingSystemMXBean os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    for (String name : new String[] {"mlp", "conv", "transformer"}) {
      boolean language = name.equals("transformer");
      TrainingGraph graph =
          TrainingGraph.builder()
              .model("model", Path.of(args[0], name, "model.onnx"))
              .dim("batch", name.equals("mlp") ? 64 : name.equals("conv") ? 32 : 8)
              .objective(language ? Losses.languageModel("logits") : Losses.crossEntropy("logits"))
              .build();
      Batch batch = batch(graph);
      for (Backend backend : Backend.values()) {
        OptimizerConfig optimizer = OptimizerConfig.adamW();
        TrainingState start = TrainingState.initial(graph, optimizer);
        try (FineTuner tuner =
            FineTuner.open(graph, optimizer, backend, start, new SessionSetup(1))) {
          long from = 0;
          for (int step = 0; step < 60; step++) {
            if (step == 20) {
              from = os.getProcessCpuTime();
            }
            tuner.step(batch, 1e-3);
          }
          double millis = (os.getProcessCpuTime() - from) / 40 / 1e6;
          System.out.printf(Locale.ROOT, "%s %s: %.2f ms CPU a step%n", backend, name, millis);
        }
      }
    }
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
          values[i] = random.nextInt(10);
        }
        batch.longs(input.getKey(), values, dims);
      }
    }
    return batch;
  }
}
