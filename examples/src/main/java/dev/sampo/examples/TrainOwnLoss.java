package dev.sampo.examples;

import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.training.graph.Backend;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.FineTuner;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.loss.Losses;
import dev.sampo.training.run.FineTuners;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Trains a decoder with a loss that is a small ONNX graph: darker pictures. Such a graph may come from any exporter. */
public final class TrainOwnLoss {
  private static final int BATCH = 8;

  private TrainOwnLoss() {}

  /** Writes {@code darker.onnx} into the folder given. */
  public static void main(String[] args) throws IOException {
    // The loss: its input "sample" is the decoder's output of that name, "brightness" comes with
    // the batch.
    GraphBuilder loss = new GraphBuilder();
    Value sample = loss.input("sample", TensorType.floats(BATCH, 1, 28, 28));
    Value brightness = loss.input("brightness", TensorType.floats());
    Value error = loss.square(loss.sub(loss.meanAll(sample), brightness));
    loss.setType(error.name(), TensorType.floats());
    loss.output(error);

    TrainingGraph graph =
        TrainingGraph.builder()
            .model("decoder", dev.sampo.examples.Models.path("digits-vae").resolve("decoder.onnx"))
            .dim("batch", BATCH)
            .objective(Losses.graph(loss.model()))
            .build();
    float[] z = new float[BATCH * 16];
    for (int i = 0; i < z.length; i++) {
      z[i] = (float) Math.sin(i);
    }
    Batch batch = new Batch().floats("z", z, BATCH, 16).floats("brightness", new float[] {0.02f});
    try (FineTuner tuner = FineTuners.open(graph, OptimizerConfig.adamW(), Backend.PLAIN)) {
      float before = tuner.evaluate(batch).get("loss");
      for (int step = 0; step < 20; step++) {
        tuner.step(batch, 1e-3);
      }
      float after = tuner.evaluate(batch).get("loss");
      Path out = dev.sampo.examples.Models.out(args);
      Files.createDirectories(out);
      Path file = out.resolve("darker.onnx");
      Models.write(graph.export("decoder", tuner.state().values()), file);
      System.out.printf(Locale.ROOT, "loss %.5f -> %.5f: %s%n", before, after, file);
    }
  }
}
