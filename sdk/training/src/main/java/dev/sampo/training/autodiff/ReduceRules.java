package dev.sampo.training.autodiff;

import dev.sampo.onnx.Dims;
import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.Value;
import dev.sampo.training.autodiff.GradientRules.Registry;

/** Reductions over axes. */
final class ReduceRules {
  private ReduceRules() {}

  static void register(Registry r) {
    r.add("ReduceSum", n -> n.give(0, n.graph().expand(kept(n, n.grad()), n.shape(0))));
    r.add("ReduceMean", ReduceRules::mean);
    r.add("ReduceMax", ReduceRules::extreme);
    r.add("ReduceMin", ReduceRules::extreme);
    r.add("ReduceL1", n -> scaled(n, n.graph().op("Sign", n.in(0))));
    r.add("ReduceL2", n -> scaled(n, n.graph().div(n.in(0), kept(n, n.out(0)))));
    r.add("ReduceSumSquare", n -> scaled(n, n.graph().mul(n.in(0), n.graph().scalar(2))));
    r.add("ReduceLogSumExp", ReduceRules::logSumExp);
    r.add("ReduceProd", n -> scaled(n, n.graph().div(kept(n, n.out(0)), n.in(0))));
    r.add("CumSum", ReduceRules::cumSum);
  }

  /** The axes; none given means all, unless noop_with_empty_axes. */
  private static long[] reducedAxes(Backward n) {
    if (n.hasAttr("axes")) {
      return Dims.normalize(n.attr("axes", new long[0]), n.rank(0));
    }
    long[] axes = n.constantLongs(1, new long[0]);
    if (axes.length == 0) {
      return n.attr("noop_with_empty_axes", 0) != 0 ? axes : Dims.range(n.rank(0));
    }
    return Dims.normalize(axes, n.rank(0));
  }

  /** A value of the output's shape with the reduced axes put back as 1. */
  private static Value kept(Backward n, Value value) {
    return n.attr("keepdims", 1) != 0
        ? value
        : n.graph().reshape(value, Dims.keepDims(n.shape(0), reducedAxes(n)));
  }

  private static long reducedCount(Backward n) {
    long count = 1;
    for (long axis : reducedAxes(n)) {
      count *= n.shape(0)[(int) axis];
    }
    return count;
  }

  private static void mean(Backward n) {
    Emitter g = n.graph();
    Value share = g.mul(kept(n, n.grad()), g.scalar(1.0 / reducedCount(n)));
    n.give(0, g.expand(share, n.shape(0)));
  }

  /** Ties share the gradient evenly, as PyTorch's amax does. */
  private static void extreme(Backward n) {
    Emitter g = n.graph();
    Value hit = g.toFloat(g.op("Equal", n.in(0), kept(n, n.out(0))));
    Value ties = g.reduceSum(hit, reducedAxes(n), true);
    n.give(0, g.mul(hit, g.div(kept(n, n.grad()), ties)));
  }

  private static void scaled(Backward n, Value slope) {
    n.give(0, n.graph().mul(kept(n, n.grad()), slope));
  }

  private static void logSumExp(Backward n) {
    Emitter g = n.graph();
    scaled(n, g.op("Exp", g.sub(n.in(0), kept(n, n.out(0)))));
  }

  private static void cumSum(Backward n) {
    long reverse = n.attr("reverse", 0) != 0 ? 0 : 1;
    n.give(
        0,
        n.graph()
            .op(
                "CumSum",
                java.util.List.of(
                    dev.sampo.onnx.Attr.of("reverse", reverse),
                    dev.sampo.onnx.Attr.of("exclusive", n.attr("exclusive", 0))),
                n.grad(),
                n.in(1)));
  }
}
