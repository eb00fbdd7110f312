package dev.sampo.training.autodiff;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.Dims;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Value;
import dev.sampo.training.autodiff.GradientRules.Registry;
import java.util.Arrays;
import java.util.List;

/** Pooling. */
final class PoolRules {
  private PoolRules() {}

  static void register(Registry r) {
    r.add("MaxPool", PoolRules::maxPool);
    r.add("AveragePool", PoolRules::averagePool);
    r.add("GlobalAveragePool", PoolRules::globalAverage);
    r.add("GlobalMaxPool", PoolRules::globalMax);
  }

  /** Adds each gradient at the place of its maximum, which the node's second output names. */
  private static void maxPool(Backward n) {
    if (n.attr("storage_order", 0) != 0) {
      throw n.fail("has storage_order 1, which has no gradient rule");
    }
    GraphBuilder g = n.graph();
    Value places = g.reshape(n.out(1), -1);
    Value dx =
        g.op(
            "ScatterElements",
            List.of(Attr.of("reduction", "add")),
            g.zeros(Dims.count(n.shape(0))),
            places,
            g.reshape(n.grad(), -1));
    n.give(0, g.reshape(dx, n.shape(0)));
  }

  /** Averages axis by axis: the count of a window is the product of its counts along the axes. */
  private static void averagePool(Backward n) {
    long[] x = n.shape(0);
    long[] y = n.outShape(0);
    int rank = x.length - 2;
    long[] ones = new long[rank];
    Arrays.fill(ones, 1);
    long[] kernel = n.attr("kernel_shape", ones);
    long[] strides = n.attr("strides", ones);
    long[] dilations = n.attr("dilations", ones);
    long[] pads = n.attr("pads", new long[2 * rank]);
    String auto = n.attr("auto_pad", "NOTSET");
    boolean countPads = n.attr("count_include_pad", 0) != 0;
    Value dx = n.grad();
    for (int i = 0; i < rank; i++) {
      int in = (int) x[i + 2];
      int out = (int) y[i + 2];
      long before = pads[i];
      if (auto.startsWith("SAME")) {
        long total = Math.max(0, (out - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - in);
        before = auto.equals("SAME_LOWER") ? total - total / 2 : total / 2;
      }
      float[][] matrix = new float[out][in];
      for (int o = 0; o < out; o++) {
        long start = o * strides[i] - before;
        int inside = 0;
        int counted = 0;
        for (int k = 0; k < kernel[i]; k++) {
          long at = start + k * dilations[i];
          inside += at >= 0 && at < in ? 1 : 0;
          counted += at < in + pads[rank + i] ? 1 : 0;
        }
        for (int k = 0; k < kernel[i]; k++) {
          long at = start + k * dilations[i];
          if (at >= 0 && at < in) {
            matrix[o][(int) at] = 1f / (countPads ? counted : inside);
          }
        }
      }
      dx = AxisMatrix.apply(n.graph(), dx, x.length, i + 2, matrix);
    }
    n.give(0, dx);
  }

  private static void globalAverage(Backward n) {
    GraphBuilder g = n.graph();
    long places = Dims.count(n.shape(0)) / (n.shape(0)[0] * n.shape(0)[1]);
    n.give(0, g.expand(g.mul(n.grad(), g.scalar(1.0 / places)), n.shape(0)));
  }

  private static void globalMax(Backward n) {
    GraphBuilder g = n.graph();
    Value hit = g.toFloat(g.op("Equal", n.in(0), n.out(0)));
    Value ties = g.reduceSum(hit, Dims.range(2, n.rank(0)), true);
    n.give(0, g.mul(hit, g.div(n.grad(), ties)));
  }
}
