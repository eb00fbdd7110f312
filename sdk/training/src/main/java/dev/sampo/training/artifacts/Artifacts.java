package dev.sampo.training.artifacts;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.TypeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import dev.sampo.training.files.CheckpointFile;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.Parameter;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.plain.FlatGroup;
import dev.sampo.training.plain.UpdateRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files that ONNX Runtime's training session loads: {@code training_model.onnx}, {@code eval_model.onnx},
 * {@code optimizer_model.onnx}; the fourth, {@code checkpoint}, is a {@link CheckpointFile}. Inputs are told apart by
 * name and fed by position: the user's, the parameters, the gradient buffers, {@code lazy_reset_grad}.
 */
public final class Artifacts {
  static final String NEXT = ".next";
  static final String NORM = "sampo.grad_norm";
  private static final String BUFFER = "_grad.accumulation.buffer";
  private static final String RESET = "lazy_reset_grad";

  private Artifacts() {}

  /** Writes the models into a folder; an {@link OwnUpdate} needs no optimizer model. */
  public static void write(TrainingGraph training, OptimizerConfig optimizer, Path folder)
      throws IOException {
    OwnUpdate own = OwnUpdate.orNull(training, optimizer);
    Models.write(trainingModel(training, optimizer, own), folder.resolve("training_model.onnx"));
    Models.write(evalModel(training, own), folder.resolve("eval_model.onnx"));
    if (own == null) {
      Models.write(optimizerModel(optimizer), folder.resolve("optimizer_model.onnx"));
    }
  }

  private static ModelProto trainingModel(
      TrainingGraph training, OptimizerConfig optimizer, @Nullable OwnUpdate own) {
    GraphBuilder g = training.backwardGraph();
    g.clearOutputs();
    userOutputs(g, training);
    List<String> outputs = new ArrayList<>(training.metricValues().values());
    outputs.add(training.loss());
    for (Map.Entry<String, String> buffer : training.buffers().entrySet()) {
      TensorType type = g.requireType(buffer.getKey());
      named(g, buffer.getValue(), buffer.getKey() + NEXT, type);
      g.output(buffer.getKey() + NEXT);
      outputs.add(buffer.getKey() + NEXT);
    }
    inputs(g, training, own);
    for (Parameter p : training.parameters().values()) {
      g.input(p.name() + BUFFER, p.type());
    }
    g.input(RESET, TensorType.of(TensorProto.DataType.BOOL_VALUE, 1));
    Map<String, String> sums = accumulate(g, training, optimizer.accumulation());
    if (optimizer.maxGradNorm() > 0) {
      String norm = UpdateRule.norm(g, new ArrayList<>(sums.values()), 1);
      named(g, norm, NORM, TensorType.floats());
      g.output(NORM);
    }
    if (own != null) {
      own.emit(g, sums, outputs);
    }
    g.prune();
    return g.model();
  }

  /**
   * Adds each gradient to its buffer.
   *
   * @return parameter -> the sum of the micro-batches so far
   */
  private static Map<String, String> accumulate(
      GraphBuilder g, TrainingGraph training, int microBatches) {
    Map<String, String> sums = new LinkedHashMap<>();
    for (Parameter p : training.parameters().values()) {
      String name = p.name() + "_grad";
      String buffer = p.name() + BUFFER;
      String gradient = training.gradients().get(p.name());
      String flag = p.name() + "_grad.accumulation.out";
      if (microBatches == 1) {
        named(g, gradient, name, p.type());
        accumulate(g, buffer, name, RESET, flag);
      } else {
        // The buffer cannot be read after it was written: the sum is made here.
        String before = g.where(RESET, g.scalar(0), buffer);
        String share = g.mul(gradient, g.scalar(1.0 / microBatches));
        named(g, g.add(before, share), name, p.type());
        accumulate(g, buffer, name, always(g), flag);
      }
      sums.put(p.name(), name);
    }
    return sums;
  }

  /** Adds a value to a tensor in place, or overwrites the tensor; the flag becomes an output. */
  static void accumulate(
      GraphBuilder g, String target, String value, String overwrite, String flag) {
    List<String> in = List.of(target, value, overwrite);
    g.node("com.microsoft", "InPlaceAccumulatorV2", List.of(), in, List.of(flag));
    g.setType(flag, TensorType.of(TensorProto.DataType.BOOL_VALUE, 1));
    g.output(flag);
  }

  /** A true bool[1]. */
  static String always(GraphBuilder g) {
    byte[] bytes = {1};
    return g.constant(Tensors.raw("", TensorProto.DataType.BOOL_VALUE, new long[] {1}, bytes));
  }

  private static ModelProto evalModel(TrainingGraph training, @Nullable OwnUpdate own) {
    GraphBuilder g = training.forwardGraph();
    g.clearOutputs();
    userOutputs(g, training);
    inputs(g, training, own);
    g.importDomain("com.microsoft", 1);
    return g.model();
  }

  private static void userOutputs(GraphBuilder g, TrainingGraph training) {
    g.output(training.loss());
    training.metricValues().values().forEach(g::output);
  }

  /** Running statistics, live weights and the trained weights become inputs, in this order after the batch's. */
  private static void inputs(GraphBuilder g, TrainingGraph training, @Nullable OwnUpdate own) {
    for (String buffer : training.buffers().keySet()) {
      TensorType type = g.requireType(buffer);
      g.removeInitializer(buffer);
      g.removeInput(buffer);
      g.input(buffer, type);
    }
    FlatGroup.cutLive(g, training);
    if (own != null) {
      own.scalarInputs(g);
    }
    for (Parameter p : training.parameters().values()) {
      g.removeInitializer(p.name());
      g.input(p.name(), p.type());
    }
    if (own != null) {
      own.slotInputs(g);
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
