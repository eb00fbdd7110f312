package dev.sampo.training.autodiff;

import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.training.autodiff.GradientRules.Registry;
import java.util.ArrayList;
import java.util.List;

/** Resize and Pad: linear maps axis by axis, whose gradient is the transposed map. */
final class ResampleRules {
  private ResampleRules() {}

  static void register(Registry r) {
    r.add("Resize", ResampleRules::resize);
    r.add("Pad", ResampleRules::pad);
  }

  private static void resize(Backward n) {
    if (n.attr("antialias", 0) != 0
        || n.attr("coordinate_transformation_mode", "half_pixel").equals("tf_crop_and_resize")) {
      throw n.fail("uses antialias or tf_crop_and_resize, which have no gradient rule");
    }
    GraphBuilder g = n.graph();
    long[] in = n.shape(0);
    long[] out = n.outShape(0);
    float[][][] maps = new float[in.length][][];
    boolean blocks = true;
    for (int axis = 0; axis < in.length; axis++) {
      if (in[axis] != out[axis]) {
        maps[axis] = resizeMap(n, (int) in[axis], (int) out[axis], scale(n, axis, in, out));
        blocks &= isBlock(maps[axis]);
      }
    }
    n.give(0, blocks ? sumBlocks(g, n.grad(), in, out) : transposedMaps(g, n.grad(), maps));
  }

  private static Value transposedMaps(GraphBuilder g, Value dy, float[][][] maps) {
    Value dx = dy;
    for (int axis = 0; axis < maps.length; axis++) {
      if (maps[axis] != null) {
        dx = AxisMatrix.apply(g, dx, maps.length, axis, maps[axis]);
      }
    }
    return dx;
  }

  private static double scale(Backward n, int axis, long[] in, long[] out) {
    if (n.has(2)) {
      TensorProto scales = n.constant(2);
      if (scales != null && Tensors.dims(scales)[0] == in.length) {
        return Tensors.toFloats(scales)[axis];
      }
    }
    return (double) out[axis] / in[axis];
  }

  /** Row o holds the weights with which the inputs make output o. */
  private static float[][] resizeMap(Backward n, int in, int out, double scale) {
    String where = n.attr("coordinate_transformation_mode", "half_pixel");
    String mode = n.attr("mode", "nearest");
    float[][] map = new float[out][in];
    for (int o = 0; o < out; o++) {
      double x =
          switch (where) {
            case "asymmetric" -> o / scale;
            case "align_corners" -> out == 1 ? 0 : (double) o * (in - 1) / (out - 1);
            case "pytorch_half_pixel" -> out == 1 ? 0 : (o + 0.5) / scale - 0.5;
            case "half_pixel" -> (o + 0.5) / scale - 0.5;
            default -> throw n.fail("has coordinate_transformation_mode " + where);
          };
      switch (mode) {
        case "nearest" -> map[o][clamp(nearest(n, x), in)] = 1;
        case "linear" -> {
          double at = Math.max(0, Math.min(x, in - 1));
          int low = (int) Math.floor(at);
          map[o][low] += (float) (1 - (at - low));
          map[o][clamp(low + 1, in)] += (float) (at - low);
        }
        case "cubic" -> cubic(map[o], x, n.attr("cubic_coeff_a", -0.75f));
        default -> throw n.fail("has mode " + mode);
      }
    }
    return map;
  }

  private static int nearest(Backward n, double x) {
    double value =
        switch (n.attr("nearest_mode", "round_prefer_floor")) {
          case "floor" -> Math.floor(x);
          case "ceil" -> Math.ceil(x);
          case "round_prefer_ceil" -> Math.floor(x + 0.5);
          default -> Math.ceil(x - 0.5);
        };
    return (int) value;
  }

  private static void cubic(float[] row, double x, double a) {
    int low = (int) Math.floor(x);
    for (int k = -1; k <= 2; k++) {
      double t = Math.abs(x - (low + k));
      double weight =
          t <= 1
              ? ((a + 2) * t - (a + 3)) * t * t + 1
              : t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
      row[clamp(low + k, row.length)] += (float) weight;
    }
  }

  private static int clamp(int i, int size) {
    return Math.max(0, Math.min(i, size - 1));
  }

  /** Whether each input is repeated the same number of times. */
  private static boolean isBlock(float[][] map) {
    int in = map[0].length;
    if (map.length % in != 0) {
      return false;
    }
    int times = map.length / in;
    for (int o = 0; o < map.length; o++) {
      if (map[o][o / times] != 1f) {
        return false;
      }
    }
    return true;
  }

  private static Value sumBlocks(GraphBuilder g, Value dy, long[] in, long[] out) {
    List<Long> wide = new ArrayList<>();
    List<Long> axes = new ArrayList<>();
    for (int axis = 0; axis < in.length; axis++) {
      wide.add(in[axis]);
      if (in[axis] != out[axis]) {
        axes.add((long) wide.size());
        wide.add(out[axis] / in[axis]);
      }
    }
    Value view = g.reshape(dy, wide.stream().mapToLong(Long::longValue).toArray());
    return g.reduceSum(view, axes.stream().mapToLong(Long::longValue).toArray(), false);
  }

  private static void pad(Backward n) {
    GraphBuilder g = n.graph();
    int rank = n.rank(0);
    long[] given = n.constantLongs(1);
    long[] axes =
        dev.sampo.onnx.Dims.normalize(n.constantLongs(3, dev.sampo.onnx.Dims.range(rank)), rank);
    long[] pads = new long[2 * rank];
    for (int i = 0; i < axes.length; i++) {
      pads[(int) axes[i]] = given[i];
      pads[rank + (int) axes[i]] = given[axes.length + i];
    }
    String mode = n.attr("mode", "constant");
    if (mode.equals("constant")) {
      long[] back = new long[2 * rank];
      for (int i = 0; i < back.length; i++) {
        back[i] = -pads[i];
      }
      n.give(0, g.op("Pad", n.grad(), g.longs(back)));
      return;
    }
    float[][][] maps = new float[rank][][];
    for (int axis = 0; axis < rank; axis++) {
      if (pads[axis] != 0 || pads[rank + axis] != 0) {
        maps[axis] = padMap(n, (int) n.shape(0)[axis], (int) n.outShape(0)[axis], (int) pads[axis]);
      }
    }
    n.give(0, transposedMaps(g, n.grad(), maps));
  }

  private static float[][] padMap(Backward n, int in, int out, int before) {
    String mode = n.attr("mode", "constant");
    float[][] map = new float[out][in];
    for (int o = 0; o < out; o++) {
      int x = o - before;
      int at =
          switch (mode) {
            case "edge" -> clamp(x, in);
            case "wrap" -> Math.floorMod(x, in);
            case "reflect" -> {
              int period = Math.max(1, 2 * (in - 1));
              int folded = Math.floorMod(x, period);
              yield folded < in ? folded : period - folded;
            }
            default -> throw n.fail("has mode " + mode);
          };
      map[o][at] = 1;
    }
    return map;
  }
}
