package dev.sampo.training.plain;

import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.TensorShapeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import dev.sampo.training.graph.OptimizerConfig;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The optimizer's step as a graph over a vector of any length. Every operator works element by element, and whatever
 * reads an old value comes before what writes the new one: both may lie in the same memory.
 */
final class UpdateGraph {
  static final String WEIGHT = "weight";
  static final String FIRST = "first";
  static final String SECOND = "second";
  static final String AVERAGE = "average";
  static final String GRADIENT = "grad";
  static final String NEXT = ".next";
  static final String NORM = "grad_norm";

  private UpdateGraph() {}

  /**
   * @param decays whether weight decay applies to the vector
   */
  static ModelProto build(OptimizerConfig config, boolean decays) {
    GraphBuilder g = new GraphBuilder();
    TensorType scalar = TensorType.floats();
    UpdateRule.SCALARS.forEach(name -> g.input(name, scalar));
    // The length is left open at the end.
    TensorType flat = TensorType.floats(1);
    Value gradient = g.input(GRADIENT, flat);
    // Accumulated gradients are sums; what is wanted is their mean.
    if (config.accumulation() > 1) {
      gradient = g.mul(gradient, g.scalar(1.0 / config.accumulation()));
    }
    if (config.maxGradNorm() > 0) {
      Value norm = g.input(NORM, scalar);
      gradient = g.mul(gradient, UpdateRule.clipFactor(g, norm, config.maxGradNorm()));
    }
    boolean adam = config.kind() == OptimizerConfig.Kind.ADAMW;
    UpdateRule.Values now =
        new UpdateRule.Values(
            g.input(WEIGHT, flat),
            g.input(FIRST, flat),
            adam ? g.input(SECOND, flat) : null,
            config.emaDecay() > 0 ? g.input(AVERAGE, flat) : null);
    UpdateRule.Values next = UpdateRule.emit(g, config, now, gradient, decays);
    give(g, WEIGHT, next.weight(), flat);
    boolean moves = !Objects.equals(now.first(), next.first());
    give(g, FIRST, moves ? next.first() : null, flat);
    give(g, SECOND, next.second(), flat);
    give(g, AVERAGE, next.average(), flat);
    return ofAnyLength(g.model());
  }

  private static void give(GraphBuilder g, String name, @Nullable Value value, TensorType type) {
    if (value != null) {
      g.output(g.named(value, name + NEXT, type));
    }
  }

  private static ModelProto ofAnyLength(ModelProto model) {
    GraphProto.Builder graph = model.getGraph().toBuilder().clearValueInfo();
    for (int i = 0; i < graph.getInputCount(); i++) {
      graph.setInput(i, ofAnyLength(graph.getInput(i)));
    }
    for (int i = 0; i < graph.getOutputCount(); i++) {
      graph.setOutput(i, ofAnyLength(graph.getOutput(i)));
    }
    return model.toBuilder().setGraph(graph).build();
  }

  private static ValueInfoProto ofAnyLength(ValueInfoProto info) {
    var tensor = info.getType().getTensorType();
    if (tensor.getShape().getDimCount() == 0) {
      return info;
    }
    TensorShapeProto shape =
        TensorShapeProto.newBuilder()
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("n"))
            .build();
    return info.toBuilder()
        .setType(info.getType().toBuilder().setTensorType(tensor.toBuilder().setShape(shape)))
        .build();
  }
}
