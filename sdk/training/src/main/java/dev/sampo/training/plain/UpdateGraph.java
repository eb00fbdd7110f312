package dev.sampo.training.plain;

import dev.sampo.training.OptimizerConfig;
import dev.sampo.training.onnx.Attr;
import dev.sampo.training.onnx.GraphBuilder;
import dev.sampo.training.onnx.TensorType;
import dev.sampo.training.onnx.proto.AttributeProto;
import dev.sampo.training.onnx.proto.ModelProto;
import java.util.ArrayList;
import java.util.List;

/** The optimizer's step as a graph over the flat groups. */
final class UpdateGraph {
  static final String NEXT = ".next";
  static final String NORM = "grad_norm";

  private UpdateGraph() {}

  static ModelProto build(List<FlatGroup> groups, OptimizerConfig config) {
    GraphBuilder g = new GraphBuilder();
    TensorType scalar = TensorType.floats();
    for (String name : List.of("rate", "decayed", "root_correction", "ema_keep")) {
      g.input(name, scalar);
    }
    for (FlatGroup group : groups) {
      g.input(group.name() + ".grad", TensorType.floats(group.size()));
    }
    // Accumulated gradients are sums; what is wanted is their mean.
    double share = 1.0 / config.accumulation();
    String factor = share == 1 ? null : g.scalar(share);
    if (config.maxGradNorm() > 0) {
      // As PyTorch's clip_grad_norm_: max_norm / (norm + 1e-6), at most 1.
      String ratio =
          g.div(g.scalar(config.maxGradNorm()), g.add(norm(g, groups, share), g.scalar(1e-6)));
      String clip = g.op("Min", ratio, g.scalar(1));
      factor = factor == null ? clip : g.mul(clip, factor);
    }
    for (FlatGroup group : groups) {
      update(g, group, config, factor);
    }
    return g.model();
  }

  /** The length of the mean gradient over all weights, which is an output too. */
  private static String norm(GraphBuilder g, List<FlatGroup> groups, double share) {
    List<String> squares = new ArrayList<>();
    for (FlatGroup group : groups) {
      List<AttributeProto> scalar = List.of(Attr.of("keepdims", 0));
      squares.add(g.op("ReduceSumSquare", scalar, group.name() + ".grad"));
    }
    String norm = g.op("Sqrt", g.node("", "Sum", List.of(), squares, 1).get(0));
    give(g, NORM, share == 1 ? norm : g.mul(norm, g.scalar(share)), TensorType.floats());
    return NORM;
  }

  private static void update(
      GraphBuilder g,
      FlatGroup group,
      OptimizerConfig config,
      @org.jspecify.annotations.Nullable String factor) {
    TensorType flat = TensorType.floats(group.size());
    String p = g.input(group.name(), flat);
    String grad = group.name() + ".grad";
    grad = factor == null ? grad : g.mul(grad, factor);
    String next =
        config.kind() == OptimizerConfig.Kind.ADAMW
            ? adamW(g, group, config, p, grad)
            : sgd(g, group, config, p, grad);
    give(g, group.name() + NEXT, next, flat);
    if (config.emaDecay() > 0) {
      String average = g.input(group.name() + ".average", flat);
      String mixed =
          g.add(
              g.mul(average, "ema_keep"),
              g.mul(group.name() + NEXT, g.sub(g.scalar(1), "ema_keep")));
      give(g, group.name() + ".average" + NEXT, mixed, flat);
    }
  }

  /**
   * m = b1 m + (1-b1) g, v = b2 v + (1-b2) g^2, p = p (1 - lr wd) - lr/(1-b1^t) m / (sqrt(v)/sqrt(1-b2^t) + eps). With
   * rate = lr/(1-b1^t) divided into the denominator, the inputs are decayed = 1 - lr wd,
   * root_correction = 1/sqrt(1-b2^t)/rate and rate = eps/rate: one operator less over all weights.
   */
  private static String adamW(
      GraphBuilder g, FlatGroup group, OptimizerConfig config, String p, String grad) {
    TensorType flat = TensorType.floats(group.size());
    String m = g.input(group.name() + ".first", flat);
    String v = g.input(group.name() + ".second", flat);
    double b1 = config.beta1();
    double b2 = config.beta2();
    String m1 = g.add(g.mul(m, g.scalar(b1)), g.mul(grad, g.scalar(1 - b1)));
    String v1 = g.add(g.mul(v, g.scalar(b2)), g.mul(g.square(grad), g.scalar(1 - b2)));
    give(g, group.name() + ".first" + NEXT, m1, flat);
    give(g, group.name() + ".second" + NEXT, v1, flat);
    String root = g.mul(g.op("Sqrt", v1), "root_correction");
    String way = g.div(m1, g.add(root, "rate"));
    String kept = group.decays() ? g.mul(p, "decayed") : p;
    return g.sub(kept, way);
  }

  /** b = mu b + (g + wd p), p = p - lr b. The inputs: rate = lr, decayed = wd. */
  private static String sgd(
      GraphBuilder g, FlatGroup group, OptimizerConfig config, String p, String grad) {
    TensorType flat = TensorType.floats(group.size());
    String way = group.decays() ? g.add(grad, g.mul(p, "decayed")) : grad;
    String b = g.input(group.name() + ".first", flat);
    String b1 = config.momentum() == 0 ? way : g.add(g.mul(b, g.scalar(config.momentum())), way);
    give(g, group.name() + ".first" + NEXT, b1, flat);
    return g.sub(p, g.mul(b1, "rate"));
  }

  private static void give(GraphBuilder g, String name, String value, TensorType type) {
    g.node("", "Identity", List.of(), List.of(value), List.of(name));
    g.setType(name, type);
    g.output(name);
  }
}
