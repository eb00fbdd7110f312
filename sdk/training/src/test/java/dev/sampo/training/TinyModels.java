package dev.sampo.training;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.Trainable;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.loss.Losses;
import dev.sampo.training.run.StepRandom;
import java.util.List;

/** A small classifier for tests: x [8, 6] -> Gemm, Tanh, Gemm -> logits [8, 3]. */
public final class TinyModels {
  private TinyModels() {}

  public static ModelProto classifier() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("x", TensorType.floats(8, 6));
    StepRandom random = new StepRandom(1, "weights", 0);
    Value w1 = g.initializer(Tensors.ofFloats("w1", new long[] {6, 10}, random.gaussians(60)));
    Value b1 = g.initializer(Tensors.ofFloats("b1", new long[] {10}, random.gaussians(10)));
    Value w2 = g.initializer(Tensors.ofFloats("w2", new long[] {3, 10}, random.gaussians(30)));
    Value b2 = g.initializer(Tensors.ofFloats("b2", new long[] {3}, random.gaussians(3)));
    Value hidden = g.op("Tanh", g.add(g.matMul(x, w1), b1));
    g.node("", "Gemm", List.of(Attr.of("transB", 1)), List.of(hidden, w2, b2), List.of("logits"));
    g.setType("logits", TensorType.floats(8, 3));
    g.output(new Value("logits"));
    return g.model();
  }

  public static TrainingGraph graph(Trainable trainable) {
    return TrainingGraph.builder()
        .model("model", classifier())
        .trainable(trainable)
        .objective(Losses.crossEntropy("logits"))
        .build();
  }

  /** Class 0, 1 or 2 by the largest of the first three numbers: the same step gives the same batch. */
  public static Batch batch(long step) {
    StepRandom random = new StepRandom(5, "data", step);
    float[] x = random.gaussians(48);
    long[] labels = new long[8];
    for (int b = 0; b < 8; b++) {
      for (int k = 1; k < 3; k++) {
        labels[b] = x[b * 6 + k] > x[b * 6 + (int) labels[b]] ? k : labels[b];
      }
    }
    return new Batch().floats("x", x, 8, 6).longs("labels", labels, 8);
  }

  /** x [8, 6] seen as [8, 2, 3, 1] -> Conv in two groups, mean over places, Gemm that is not transposed -> logits [8, 3]. */
  public static ModelProto convolutional() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("x", TensorType.floats(8, 6));
    StepRandom random = new StepRandom(2, "weights", 0);
    Value kernel =
        g.initializer(Tensors.ofFloats("kernel", new long[] {4, 1, 2, 1}, random.gaussians(8)));
    Value shift = g.initializer(Tensors.ofFloats("shift", new long[] {4}, random.gaussians(4)));
    Value head = g.initializer(Tensors.ofFloats("head", new long[] {4, 3}, random.gaussians(12)));
    Value bias = g.initializer(Tensors.ofFloats("bias", new long[] {3}, random.gaussians(3)));
    Value picture = g.reshape(x, 8, 2, 3, 1);
    Value convolved = g.op("Conv", List.of(Attr.of("group", 2)), picture, kernel, shift);
    Value features = g.reduceMean(g.op("Tanh", convolved), new long[] {2, 3}, false);
    g.node("", "Gemm", List.of(), List.of(features, head, bias), List.of("logits"));
    g.setType("logits", TensorType.floats(8, 3));
    g.output(new Value("logits"));
    return g.model();
  }
}
