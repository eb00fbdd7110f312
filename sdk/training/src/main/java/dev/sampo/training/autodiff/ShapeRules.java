package dev.sampo.training.autodiff;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.Dims;
import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.Value;
import dev.sampo.training.autodiff.GradientRules.Registry;
import java.util.ArrayList;
import java.util.List;

/** Operators that move elements around. */
final class ShapeRules {
  private ShapeRules() {}

  static void register(Registry r) {
    for (String type : new String[] {"Reshape", "Flatten", "Squeeze", "Unsqueeze"}) {
      r.add(type, n -> n.give(0, n.graph().reshape(n.grad(), n.shape(0))));
    }
    r.add("Transpose", ShapeRules::transpose);
    r.add("Concat", ShapeRules::concat);
    r.add("Split", ShapeRules::split);
    r.add("Slice", ShapeRules::slice);
    r.add("Expand", n -> n.giveReduced(0, n.grad()));
    r.add("Tile", ShapeRules::tile);
    r.add("Trilu", ShapeRules::trilu);
    r.add("DepthToSpace", ShapeRules::depthToSpace);
    r.add("SpaceToDepth", ShapeRules::spaceToDepth);
    r.add("Dropout", ShapeRules::dropout);
    r.add("ConstantOfShape", n -> {});
  }

  private static void transpose(Backward n) {
    int rank = n.rank(0);
    long[] reversed = new long[rank];
    for (int i = 0; i < rank; i++) {
      reversed[i] = rank - 1L - i;
    }
    long[] permutation = n.attr("perm", reversed);
    n.give(0, n.graph().transpose(n.grad(), Dims.inverse(permutation)));
  }

  private static void concat(Backward n) {
    int axis = Dims.normalize(n.attr("axis", 0), n.outShape(0).length);
    long[] sizes = new long[n.inCount()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = n.shape(i)[axis];
    }
    List<Value> parts = n.graph().split(n.grad(), axis, sizes);
    for (int i = 0; i < sizes.length; i++) {
      n.give(i, parts.get(i));
    }
  }

  private static void split(Backward n) {
    int axis = Dims.normalize(n.attr("axis", 0), n.rank(0));
    List<Value> parts = new ArrayList<>();
    for (int i = 0; i < n.outCount(); i++) {
      parts.add(n.gradOrZeros(i));
    }
    n.give(0, n.graph().concat(axis, parts));
  }

  /** Pads the gradient back with zeros; with steps it is scattered axis by axis. */
  private static void slice(Backward n) {
    Emitter g = n.graph();
    int rank = n.rank(0);
    long[] starts = n.constantLongs(1);
    long[] axes = Dims.normalize(n.constantLongs(3, Dims.range(starts.length)), rank);
    long[] ones = new long[starts.length];
    java.util.Arrays.fill(ones, 1);
    long[] steps = n.constantLongs(4, ones);
    long[] pads = new long[2 * rank];
    boolean strided = false;
    long[] in = n.shape(0);
    long[] out = n.outShape(0);
    for (int i = 0; i < axes.length; i++) {
      int axis = (int) axes[i];
      strided |= steps[i] != 1;
      long start = clampStart(starts[i], in[axis], steps[i]);
      pads[axis] = start;
      pads[rank + axis] = in[axis] - start - out[axis];
    }
    if (strided) {
      Value dx = n.grad();
      long[] now = out.clone();
      for (int i = 0; i < axes.length; i++) {
        int axis = (int) axes[i];
        dx = scatterAxis(g, dx, now, axis, clampStart(starts[i], in[axis], steps[i]), steps[i], in);
        now[axis] = in[axis];
      }
      n.give(0, dx);
    } else {
      n.give(0, g.op("Pad", n.grad(), g.longs(pads)));
    }
  }

  private static long clampStart(long start, long size, long step) {
    long s = start < 0 ? start + size : start;
    return step > 0 ? Math.max(0, Math.min(s, size)) : Math.max(-1, Math.min(s, size - 1));
  }

  /** Multiplies with a 0/1 matrix that puts element i at start + i step. */
  private static Value scatterAxis(
      Emitter g, Value dy, long[] dims, int axis, long start, long step, long[] in) {
    float[][] matrix = new float[(int) dims[axis]][(int) in[axis]];
    for (int i = 0; i < matrix.length; i++) {
      matrix[i][(int) (start + i * step)] = 1;
    }
    return AxisMatrix.apply(g, dy, dims.length, axis, matrix);
  }

  /** Sees each tiled axis as [repeats, size] and sums over the repeats. */
  private static void tile(Backward n) {
    long[] dims = n.shape(0);
    long[] repeats = n.constantLongs(1);
    long[] wide = new long[2 * dims.length];
    long[] axes = new long[dims.length];
    for (int i = 0; i < dims.length; i++) {
      wide[2 * i] = repeats[i];
      wide[2 * i + 1] = dims[i];
      axes[i] = 2L * i;
    }
    Emitter g = n.graph();
    n.give(0, g.reduceSum(g.reshape(n.grad(), wide), axes, false));
  }

  private static void trilu(Backward n) {
    Emitter g = n.graph();
    List<dev.sampo.onnx.proto.AttributeProto> attributes =
        List.of(Attr.of("upper", n.attr("upper", 1)));
    n.give(
        0,
        n.has(1)
            ? g.op("Trilu", attributes, n.grad(), n.in(1))
            : g.op("Trilu", attributes, n.grad()));
  }

  private static void depthToSpace(Backward n) {
    Emitter g = n.graph();
    long[] x = n.shape(0);
    long b = n.attr("blocksize", 1);
    long c = x[1] / (b * b);
    Value wide = g.reshape(n.grad(), x[0], c, x[2], b, x[3], b);
    boolean dcr = n.attr("mode", "DCR").equals("DCR");
    Value back = dcr ? g.transpose(wide, 0, 3, 5, 1, 2, 4) : g.transpose(wide, 0, 1, 3, 5, 2, 4);
    n.give(0, g.reshape(back, x));
  }

  private static void spaceToDepth(Backward n) {
    List<dev.sampo.onnx.proto.AttributeProto> attributes =
        List.of(Attr.of("blocksize", n.attr("blocksize", 1)), Attr.of("mode", "DCR"));
    n.give(0, n.graph().op("DepthToSpace", attributes, n.grad()));
  }

  /** Inference mode passes everything; training mode uses the mask that the node gave. */
  private static void dropout(Backward n) {
    boolean training = n.has(2) && n.constantLongs(2)[0] != 0;
    if (!training) {
      n.give(0, n.grad());
      return;
    }
    Emitter g = n.graph();
    Value scale = g.div(g.scalar(1), g.sub(g.scalar(1), n.has(1) ? n.in(1) : g.scalar(0.5)));
    n.give(0, g.where(n.out(1), g.mul(n.grad(), scale), g.scalar(0)));
  }
}
