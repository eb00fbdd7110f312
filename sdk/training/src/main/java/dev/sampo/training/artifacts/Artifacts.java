package dev.sampo.training.artifacts;

import dev.sampo.training.OptimizerConfig;
import dev.sampo.training.Parameter;
import dev.sampo.training.TrainingGraph;
import dev.sampo.training.onnx.Attr;
import dev.sampo.training.onnx.GraphBuilder;
import dev.sampo.training.onnx.Models;
import dev.sampo.training.onnx.TensorType;
import dev.sampo.training.onnx.proto.AttributeProto;
import dev.sampo.training.onnx.proto.ModelProto;
import dev.sampo.training.onnx.proto.TensorProto;
import dev.sampo.training.onnx.proto.TypeProto;
import dev.sampo.training.onnx.proto.ValueInfoProto;
import dev.sampo.training.plain.FlatGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The files that ONNX Runtime's training session loads: {@code training_model.onnx}, {@code eval_model.onnx},
 * {@code optimizer_model.onnx}; the fourth, {@code checkpoint}, is a {@link CheckpointFile}. Inputs are told apart by
 * name and fed by position: the user's, the parameters, the gradient buffers, {@code lazy_reset_grad}.
 */
public final class Artifacts {
  static final String NEXT = ".next";

  private Artifacts() {}

  /** Writes the three models into a folder. */
  public static void write(TrainingGraph training, OptimizerConfig optimizer, Path folder)
      throws IOException {
    Models.write(trainingModel(training, optimizer), folder.resolve("training_model.onnx"));
    Models.write(evalModel(training), folder.resolve("eval_model.onnx"));
    Models.write(optimizerModel(optimizer), folder.resolve("optimizer_model.onnx"));
  }

  private static ModelProto trainingModel(TrainingGraph training, OptimizerConfig optimizer) {
    GraphBuilder g = training.backwardGraph();
    g.clearOutputs();
    userOutputs(g, training);
    for (Map.Entry<String, String> buffer : training.buffers().entrySet()) {
      TensorType type = g.requireType(buffer.getKey());
      named(g, buffer.getValue(), buffer.getKey() + NEXT, type);
      g.output(buffer.getKey() + NEXT);
    }
    String share = optimizer.accumulation() > 1 ? g.scalar(1.0 / optimizer.accumulation()) : "";
    for (Parameter p : training.parameters().values()) {
      String gradient = training.gradients().get(p.name());
      gradient = share.isEmpty() ? gradient : g.mul(gradient, share);
      String name = p.name() + "_grad";
      named(g, gradient, name, p.type());
    }
    inputs(g, training);
    String reset = "lazy_reset_grad";
    for (Parameter p : training.parameters().values()) {
      g.input(p.name() + "_grad.accumulation.buffer", p.type());
    }
    g.input(reset, TensorType.of(TensorProto.DataType.BOOL_VALUE, 1));
    for (Parameter p : training.parameters().values()) {
      String out = p.name() + "_grad.accumulation.out";
      g.node(
          "com.microsoft",
          "InPlaceAccumulatorV2",
          List.of(),
          List.of(p.name() + "_grad.accumulation.buffer", p.name() + "_grad", reset),
          List.of(out));
      g.setType(out, TensorType.of(TensorProto.DataType.BOOL_VALUE, 1));
      g.output(out);
    }
    g.prune();
    return g.model();
  }

  private static ModelProto evalModel(TrainingGraph training) {
    GraphBuilder g = training.forwardGraph();
    g.clearOutputs();
    userOutputs(g, training);
    inputs(g, training);
    g.importDomain("com.microsoft", 1);
    return g.model();
  }

  private static void userOutputs(GraphBuilder g, TrainingGraph training) {
    g.output(training.loss());
    training.metricValues().values().forEach(g::output);
  }

  /** Running statistics, live weights and the trained weights become inputs, in this order after the batch's. */
  private static void inputs(GraphBuilder g, TrainingGraph training) {
    for (String buffer : training.buffers().keySet()) {
      TensorType type = g.requireType(buffer);
      g.removeInitializer(buffer);
      g.removeInput(buffer);
      g.input(buffer, type);
    }
    FlatGroup.cutLive(g, training);
    for (Parameter p : training.parameters().values()) {
      g.removeInitializer(p.name());
      g.input(p.name(), p.type());
    }
  }

  private static void named(GraphBuilder g, String value, String name, TensorType type) {
    g.node("", "Identity", List.of(), List.of(value), List.of(name));
    g.setType(name, type);
  }

  private static ModelProto optimizerModel(OptimizerConfig optimizer) {
    GraphBuilder g = new GraphBuilder();
    boolean adam = optimizer.kind() == OptimizerConfig.Kind.ADAMW;
    g.importDomain("com.microsoft", 1);
    g.input("learning_rate", TensorType.floats(1));
    g.input("step", TensorType.longs(1));
    List<String> sequences = new ArrayList<>(List.of("params", "gradients", "first_order_moments"));
    if (adam) {
      sequences.add("second_order_moments");
    }
    sequences.forEach(s -> g.input(sequence(s)));
    String gradients = "gradients";
    if (optimizer.maxGradNorm() > 0) {
      List<AttributeProto> norm = List.of(Attr.of("max_norm", (float) optimizer.maxGradNorm()));
      gradients =
          g.node("com.microsoft", "InplaceClipGradNorm", norm, List.of(gradients), 1).get(0);
    }
    String flag = "updated_flag";
    if (adam) {
      g.node(
          "com.microsoft",
          "AdamWOptimizer",
          List.of(
              Attr.of("alpha", (float) optimizer.beta1()),
              Attr.of("beta", (float) optimizer.beta2()),
              Attr.of("epsilon", (float) optimizer.epsilon()),
              Attr.of("weight_decay", (float) optimizer.weightDecay()),
              Attr.of("correct_bias", 1),
              Attr.of("adam_mode", 0)),
          List.of(
              "learning_rate",
              "step",
              "params",
              gradients,
              "first_order_moments",
              "second_order_moments"),
          List.of(flag));
    } else {
      g.node(
          "com.microsoft",
          "SGDOptimizerV2",
          List.of(),
          List.of("learning_rate", "params", gradients),
          List.of(flag));
    }
    g.setType(flag, TensorType.of(TensorProto.DataType.BOOL_VALUE, 1));
    g.output(flag);
    return g.model();
  }

  private static ValueInfoProto sequence(String name) {
    TypeProto element =
        TypeProto.newBuilder()
            .setTensorType(
                TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT_VALUE))
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setSequenceType(TypeProto.Sequence.newBuilder().setElemType(element)))
        .build();
  }
}
