package dev.sampo.training.plain;

import dev.sampo.training.OptimizerConfig;
import dev.sampo.training.onnx.GraphBuilder;
import dev.sampo.training.onnx.TensorType;
import dev.sampo.training.onnx.proto.ModelProto;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The optimizer's step as a graph over the flat groups. Every operator on them works element by element, and whatever
 * reads an old value comes before what writes the new one: both may lie in the same memory.
 */
final class UpdateGraph {
  static final String NEXT = ".next";
  static final String NORM = "grad_norm";

  private UpdateGraph() {}

  static ModelProto build(List<FlatGroup> groups, OptimizerConfig config) {
    GraphBuilder g = new GraphBuilder();
    TensorType scalar = TensorType.floats();
    UpdateRule.SCALARS.forEach(name -> g.input(name, scalar));
    for (FlatGroup group : groups) {
      g.input(group.name() + ".grad", TensorType.floats(group.size()));
    }
    // Accumulated gradients are sums; what is wanted is their mean.
    double share = 1.0 / config.accumulation();
    String factor = share == 1 ? null : g.scalar(share);
    if (config.maxGradNorm() > 0) {
      String clip = UpdateRule.clipFactor(g, g.input(NORM, scalar), config.maxGradNorm());
      factor = factor == null ? clip : g.mul(clip, factor);
    }
    for (FlatGroup group : groups) {
      update(g, group, config, factor);
    }
    return g.model();
  }

  private static void update(
      GraphBuilder g, FlatGroup group, OptimizerConfig config, @Nullable String factor) {
    TensorType flat = TensorType.floats(group.size());
    String grad = group.name() + ".grad";
    UpdateRule.Values now =
        new UpdateRule.Values(
            g.input(group.name(), flat),
            g.input(group.name() + ".first", flat),
            config.kind() == OptimizerConfig.Kind.ADAMW
                ? g.input(group.name() + ".second", flat)
                : null,
            config.emaDecay() > 0 ? g.input(group.name() + ".average", flat) : null);
    UpdateRule.Values next =
        UpdateRule.emit(
            g, config, now, factor == null ? grad : g.mul(grad, factor), group.decays());
    give(g, group.name() + NEXT, next.weight(), flat);
    boolean moves = !java.util.Objects.equals(now.first(), next.first());
    give(g, group.name() + ".first" + NEXT, moves ? next.first() : null, flat);
    give(g, group.name() + ".second" + NEXT, next.second(), flat);
    give(g, group.name() + ".average" + NEXT, next.average(), flat);
  }

  private static void give(GraphBuilder g, String name, @Nullable String value, TensorType type) {
    if (value != null) {
      g.node("", "Identity", List.of(), List.of(value), List.of(name));
      g.setType(name, type);
      g.output(name);
    }
  }
}
