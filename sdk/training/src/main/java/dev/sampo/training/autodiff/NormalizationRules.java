package dev.sampo.training.autodiff;

import dev.sampo.onnx.Dims;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Value;
import dev.sampo.training.autodiff.GradientRules.Registry;

/**
 * Normalizations. With xhat = (x - mean) inv, inv = 1/sqrt(var + eps) over some axes:
 * dx = inv (dxhat - mean(dxhat) - xhat mean(dxhat xhat)).
 */
final class NormalizationRules {
  private NormalizationRules() {}

  static void register(Registry r) {
    r.add("LayerNormalization", NormalizationRules::layerNorm);
    r.add("RMSNormalization", NormalizationRules::rmsNorm);
    r.add("SimplifiedLayerNormalization", NormalizationRules::rmsNorm);
    r.add("InstanceNormalization", NormalizationRules::instanceNorm);
    r.add("GroupNormalization", NormalizationRules::groupNorm);
    r.add("BatchNormalization", NormalizationRules::batchNorm);
  }

  private static Value standardized(
      GraphBuilder g, Value xhat, Value inv, Value dxhat, long[] axes) {
    Value mean = g.reduceMean(dxhat, axes, true);
    Value slope = g.reduceMean(g.mul(dxhat, xhat), axes, true);
    return g.mul(inv, g.sub(g.sub(dxhat, mean), g.mul(xhat, slope)));
  }

  private static Value inverseDeviation(GraphBuilder g, Value variance, float epsilon) {
    return g.op("Reciprocal", g.op("Sqrt", g.add(variance, g.scalar(epsilon))));
  }

  private static void layerNorm(Backward n) {
    GraphBuilder g = n.graph();
    int axis = Dims.normalize(n.attr("axis", -1), n.rank(0));
    long[] axes = Dims.range(axis, n.rank(0));
    Value inv = n.out(2);
    Value xhat = g.mul(g.sub(n.in(0), n.out(1)), inv);
    if (n.wants(0)) {
      n.give(0, standardized(g, xhat, inv, g.mul(n.grad(), n.in(1)), axes));
    }
    if (n.wants(1)) {
      n.giveReduced(1, g.mul(n.grad(), xhat));
    }
    n.giveReduced(2, n.grad());
  }

  /** y = x inv scale, inv = 1/sqrt(mean(x^2) + eps). */
  private static void rmsNorm(Backward n) {
    GraphBuilder g = n.graph();
    int axis = Dims.normalize(n.attr("axis", -1), n.rank(0));
    long[] axes = Dims.range(axis, n.rank(0));
    Value square = g.reduceMean(g.square(n.in(0)), axes, true);
    Value inv = inverseDeviation(g, square, n.attr("epsilon", 1e-5f));
    Value xhat = g.mul(n.in(0), inv);
    if (n.wants(0)) {
      Value dxhat = g.mul(n.grad(), n.in(1));
      Value slope = g.reduceMean(g.mul(dxhat, xhat), axes, true);
      n.give(0, g.mul(inv, g.sub(dxhat, g.mul(xhat, slope))));
    }
    if (n.wants(1)) {
      n.giveReduced(1, g.mul(n.grad(), xhat));
    }
  }

  /** [1, C, 1, ...] for a vector over channels. */
  private static long[] channelShape(Backward n) {
    long[] dims = new long[n.rank(0)];
    java.util.Arrays.fill(dims, 1);
    dims[1] = n.shape(0)[1];
    return dims;
  }

  private static long[] allButChannel(Backward n) {
    return Dims.concat(new long[] {0}, Dims.range(2, n.rank(0)));
  }

  private static void giveScaleAndBias(Backward n, Value xhat) {
    GraphBuilder g = n.graph();
    if (n.wants(1)) {
      n.give(1, g.reduceSum(g.mul(n.grad(), xhat), allButChannel(n), false));
    }
    if (n.wants(2)) {
      n.give(2, g.reduceSum(n.grad(), allButChannel(n), false));
    }
  }

  private static void instanceNorm(Backward n) {
    GraphBuilder g = n.graph();
    long[] axes = Dims.range(2, n.rank(0));
    Value centred = g.sub(n.in(0), g.reduceMean(n.in(0), axes, true));
    Value variance = g.reduceMean(g.square(centred), axes, true);
    Value inv = inverseDeviation(g, variance, n.attr("epsilon", 1e-5f));
    Value xhat = g.mul(centred, inv);
    if (n.wants(0)) {
      Value dxhat = g.mul(n.grad(), g.reshape(n.in(1), channelShape(n)));
      n.give(0, standardized(g, xhat, inv, dxhat, axes));
    }
    giveScaleAndBias(n, xhat);
  }

  /** Scale and bias are per channel since operator set 21, per group before. */
  private static void groupNorm(Backward n) {
    GraphBuilder g = n.graph();
    long[] x = n.shape(0);
    long groups = n.attr("num_groups", 1);
    long[] grouped = {x[0], groups, Dims.count(x) / (x[0] * groups)};
    long[] axes = {2};
    Value view = g.reshape(n.in(0), grouped);
    Value centred = g.sub(view, g.reduceMean(view, axes, true));
    Value variance = g.reduceMean(g.square(centred), axes, true);
    Value inv = inverseDeviation(g, variance, n.attr("epsilon", 1e-5f));
    Value xhat = g.mul(centred, inv);
    boolean perChannel = n.shape(1)[0] == x[1] && g.opset() >= 21 || groups == x[1];
    long[] scaleShape = perChannel ? channelShape(n) : new long[] {1, groups, 1};
    Value scale = g.reshape(n.in(1), scaleShape);
    if (n.wants(0)) {
      Value dxhat =
          perChannel
              ? g.reshape(g.mul(n.grad(), scale), grouped)
              : g.mul(g.reshape(n.grad(), grouped), scale);
      n.give(0, g.reshape(standardized(g, xhat, inv, dxhat, axes), x));
    }
    if (perChannel) {
      giveScaleAndBias(n, g.reshape(xhat, x));
      return;
    }
    Value dy = g.reshape(n.grad(), grouped);
    long[] outer = {0, 2};
    if (n.wants(1)) {
      n.give(1, g.reduceSum(g.mul(dy, xhat), outer, false));
    }
    if (n.wants(2)) {
      n.give(2, g.reduceSum(dy, outer, false));
    }
  }

  /** Frozen statistics are constants; in training mode the batch's own take part in the gradient. */
  private static void batchNorm(Backward n) {
    GraphBuilder g = n.graph();
    float epsilon = n.attr("epsilon", 1e-5f);
    long[] channel = channelShape(n);
    if (n.attr("training_mode", 0) == 0) {
      Value inv = g.reshape(inverseDeviation(g, n.in(4), epsilon), channel);
      Value scale = g.reshape(n.in(1), channel);
      if (n.wants(0)) {
        n.give(0, g.mul(n.grad(), g.mul(inv, scale)));
      }
      if (n.wants(1)) {
        giveScaleAndBias(n, g.mul(g.sub(n.in(0), g.reshape(n.in(3), channel)), inv));
      } else {
        giveScaleAndBias(n, n.in(0));
      }
      return;
    }
    long[] axes = allButChannel(n);
    Value centred = g.sub(n.in(0), g.reduceMean(n.in(0), axes, true));
    Value inv = inverseDeviation(g, g.reduceMean(g.square(centred), axes, true), epsilon);
    Value xhat = g.mul(centred, inv);
    if (n.wants(0)) {
      Value dxhat = g.mul(n.grad(), g.reshape(n.in(1), channel));
      n.give(0, standardized(g, xhat, inv, dxhat, axes));
    }
    giveScaleAndBias(n, xhat);
  }
}
