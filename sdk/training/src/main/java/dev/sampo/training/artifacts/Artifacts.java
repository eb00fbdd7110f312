package dev.sampo.training.artifacts;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
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
    List<Value> outputs = new ArrayList<>(training.metricValues().values());
    outputs.add(training.loss());
    for (Map.Entry<String, Value> buffer : training.buffers().entrySet()) {
      TensorType type = g.requireType(buffer.getKey());
      Value next = g.named(buffer.getValue(), buffer.getKey() + NEXT, type);
      g.output(next);
      outputs.add(next);
    }
    inputs(g, training, own);
    for (Parameter p : training.parameters().values()) {
      g.input(p.name() + BUFFER, p.type());
    }
    g.input(RESET, TensorType.of(TensorProto.DataType.BOOL_VALUE, 1));
    Map<String, Value> sums = accumulate(g, training, optimizer.accumulation());
    if (optimizer.maxGradNorm() > 0) {
      Value norm = UpdateRule.norm(g, new ArrayList<>(sums.values()), 1);
      g.output(g.named(norm, NORM, TensorType.floats()));
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
  private static Map<String, Value> accumulate(
      GraphBuilder g, TrainingGraph training, int microBatches) {
    Map<String, Value> sums = new LinkedHashMap<>();
    Value reset = new Value(RESET);
    for (Parameter p : training.parameters().values()) {
      String name = p.name() + "_grad";
      Value buffer = new Value(p.name() + BUFFER);
      Value gradient = training.gradients().get(p.name());
      String flag = p.name() + "_grad.accumulation.out";
      if (microBatches == 1) {
        sums.put(p.name(), g.named(gradient, name, p.type()));
        accumulate(g, buffer, new Value(name), reset, flag);
      } else {
        // The buffer cannot be read after it was written: the sum is made here.
        Value before = g.where(reset, g.scalar(0), buffer);
        Value share = g.mul(gradient, g.scalar(1.0 / microBatches));
        sums.put(p.name(), g.named(g.add(before, share), name, p.type()));
        accumulate(g, buffer, new Value(name), always(g), flag);
      }
    }
    return sums;
  }

  /** Adds a value to a tensor in place, or overwrites the tensor; the flag becomes an output. */
  static void accumulate(GraphBuilder g, Value target, Value value, Value overwrite, String flag) {
    List<Value> in = List.of(target, value, overwrite);
    g.node("com.microsoft", "InPlaceAccumulatorV2", List.of(), in, List.of(flag));
    g.setType(flag, TensorType.of(TensorProto.DataType.BOOL_VALUE, 1));
    g.output(new Value(flag));
  }

  /** A true bool[1]. */
  static Value always(GraphBuilder g) {
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
    Value gradients = new Value("gradients");
    if (optimizer.maxGradNorm() > 0) {
      List<AttributeProto> norm = List.of(Attr.of("max_norm", (float) optimizer.maxGradNorm()));
      gradients =
          g.node("com.microsoft", "InplaceClipGradNorm", norm, List.of(gradients), 1).get(0);
    }
    Value rate = new Value("learning_rate");
    Value params = new Value("params");
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
              rate,
              new Value("step"),
              params,
              gradients,
              new Value("first_order_moments"),
              new Value("second_order_moments")),
          List.of(flag));
    } else {
      g.node(
          "com.microsoft",
          "SGDOptimizerV2",
          List.of(),
          List.of(rate, params, gradients),
          List.of(flag));
    }
    g.setType(flag, TensorType.of(TensorProto.DataType.BOOL_VALUE, 1));
    g.output(new Value(flag));
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
