package dev.sampo.training.autodiff;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.Dims;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.training.autodiff.GradientRules.Registry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Convolutions in one to three dimensions. The gradient of the data is a transposed convolution; the gradient of the
 * weights is a matrix product a place of the kernel, or, with groups, a convolution of the data with the output's
 * gradient, in which batch and channels, strides and dilations change places.
 */
final class ConvRules {
  /** Below so many channels the weights' gradient is made by a convolution. */
  private static final long FEW_CHANNELS = 16;

  private ConvRules() {}

  static void register(Registry r) {
    r.add("Conv", ConvRules::conv);
    r.add("ConvTranspose", ConvRules::convTranspose);
  }

  /** Strides, dilations, pads (begins, then ends) and group of a node. */
  private record Window(long[] strides, long[] dilations, long[] pads, long group) {
    List<AttributeProto> attributes(long[] kernel, AttributeProto... more) {
      List<AttributeProto> result =
          new ArrayList<>(
              List.of(
                  Attr.ints("strides", strides),
                  Attr.ints("dilations", dilations),
                  Attr.ints("pads", pads),
                  Attr.ints("kernel_shape", kernel),
                  Attr.of("group", group)));
      result.addAll(Arrays.asList(more));
      return result;
    }

    /** The extent of a dilated kernel. */
    long reach(long[] kernel, int i) {
      return (kernel[i] - 1) * dilations[i] + 1;
    }
  }

  private static Window window(Backward n, long[] kernel, long[] wide, long[] narrow) {
    int rank = kernel.length;
    long[] ones = new long[rank];
    Arrays.fill(ones, 1);
    Window w =
        new Window(
            n.attr("strides", ones),
            n.attr("dilations", ones),
            n.attr("pads", new long[2 * rank]),
            n.attr("group", 1));
    String auto = n.attr("auto_pad", "NOTSET");
    if (auto.startsWith("SAME") || n.hasAttr("output_shape")) {
      long[] longer = n.attr("output_padding", new long[rank]);
      for (int i = 0; i < rank; i++) {
        long reach = (narrow[i] - 1) * w.strides[i] + longer[i] + w.reach(kernel, i);
        long total = Math.max(0, reach - wide[i]);
        long small = total / 2;
        // A wanted output_shape without auto_pad takes the larger half off the front.
        boolean lower = !auto.equals("SAME_UPPER");
        w.pads[i] = lower ? total - small : small;
        w.pads[rank + i] = total - w.pads[i];
      }
    }
    return w;
  }

  private static long[] spatial(long[] dims) {
    return Arrays.copyOfRange(dims, 2, dims.length);
  }

  private static void conv(Backward n) {
    GraphBuilder g = n.graph();
    long[] x = spatial(n.shape(0));
    long[] y = spatial(n.outShape(0));
    long[] kernel = spatial(n.shape(1));
    Window w = window(n, kernel, x, y);
    if (n.wants(0)) {
      long[] extra = new long[kernel.length];
      for (int i = 0; i < extra.length; i++) {
        long natural =
            w.strides[i] * (y[i] - 1) + w.reach(kernel, i) - w.pads[i] - w.pads[kernel.length + i];
        extra[i] = x[i] - natural;
      }
      n.give(
          0,
          g.op(
              "ConvTranspose",
              w.attributes(kernel, Attr.ints("output_padding", extra)),
              n.grad(),
              n.in(1)));
    }
    if (n.wants(1)) {
      n.give(1, weightGradient(g, w, n.in(0), n.shape(0), n.grad(), n.outShape(0), n.shape(1)));
    }
    bias(n);
  }

  private static void convTranspose(Backward n) {
    GraphBuilder g = n.graph();
    long[] kernel = spatial(n.shape(1));
    Window w = window(n, kernel, spatial(n.outShape(0)), spatial(n.shape(0)));
    if (n.wants(0)) {
      n.give(0, g.op("Conv", w.attributes(kernel), n.grad(), n.in(1)));
    }
    if (n.wants(1)) {
      n.give(1, weightGradient(g, w, n.grad(), n.outShape(0), n.in(0), n.shape(0), n.shape(1)));
    }
    bias(n);
  }

  private static void bias(Backward n) {
    if (n.wants(2)) {
      long[] axes = Dims.concat(new long[] {0}, Dims.range(2, n.outShape(0).length));
      n.give(2, n.graph().reduceSum(n.grad(), axes, false));
    }
  }

  /**
   * dW[m, c, k] = sum over batch and places p of x[n, c, p s + k d - pad] dy[n, m, p].
   *
   * @param wideDims the shape [batch, channels, ...] of {@code wide}, which the window runs over
   * @param narrowDims the shape of {@code narrow}, one place a window
   */
  private static Value weightGradient(
      GraphBuilder g,
      Window w,
      Value wide,
      long[] wideDims,
      Value narrow,
      long[] narrowDims,
      long[] weight) {
    int rank = weight.length;
    long batch = wideDims[0];
    long group = w.group;
    Value x;
    if (group == 1 && weight[1] >= FEW_CHANNELS) {
      return byProducts(g, w, wide, narrow, narrowDims, weight);
    } else if (group == 1) {
      x = g.transpose(wide, Dims.swap(rank, 0, 1));
    } else {
      long[] grouped = Dims.concat(new long[] {batch, group, weight[1]}, spatial(wideDims));
      long[] order = Dims.concat(new long[] {2, 1, 0}, Dims.range(3, rank + 1));
      long[] merged = Dims.concat(new long[] {weight[1], group * batch}, spatial(wideDims));
      x = g.reshape(g.transpose(g.reshape(wide, grouped), order), merged);
    }
    Value dy = g.transpose(narrow, Dims.swap(rank, 0, 1));
    Window swapped = new Window(w.dilations, w.strides, w.pads, group);
    Value dw = g.op("Conv", swapped.attributes(spatial(narrowDims)), x, dy);
    for (int i = 0; i < rank - 2; i++) {
      long rows =
          (wideDims[i + 2]
                      + w.pads[i]
                      + w.pads[rank - 2 + i]
                      - ((narrowDims[i + 2] - 1) * w.strides[i] + 1))
                  / w.dilations[i]
              + 1;
      if (rows > weight[i + 2]) {
        dw = g.slice(dw, i + 2, 0, weight[i + 2]);
      }
    }
    return g.transpose(dw, Dims.swap(rank, 0, 1));
  }

  /**
   * The same without groups, as one matrix product a place of the kernel: dy as [places, m], turned, times what that
   * place of the kernel saw, [places, c]. The convolution would come down to products with as few columns as the kernel
   * has places, which take about half as long again. Batch and channels lie last, so that a window is copied in long runs.
   */
  private static Value byProducts(
      GraphBuilder g, Window w, Value wide, Value narrow, long[] narrowDims, long[] weight) {
    int rank = weight.length;
    long[] kernel = spatial(weight);
    long[] places = spatial(narrowDims);
    long[] order = Dims.concat(Dims.range(2, rank), new long[] {0, 1});
    long rows = narrowDims[0] * Dims.count(places);
    Value dy = g.reshape(g.transpose(narrow, order), rows, weight[0]);
    Value x = padded(g, w, g.transpose(wide, order), rank);
    List<AttributeProto> turned = List.of(Attr.of("transA", 1));
    List<Value> products = new ArrayList<>();
    long[] at = new long[kernel.length];
    for (long k = 0; k < Dims.count(kernel); k++) {
      Value seen = window(g, w, x, at, places);
      products.add(g.op("Gemm", turned, dy, g.reshape(seen, rows, weight[1])));
      for (int i = kernel.length - 1; i >= 0 && ++at[i] == kernel[i]; i--) {
        at[i] = 0;
      }
    }
    long[] split = {products.size(), weight[0], weight[1]};
    return g.reshape(g.transpose(g.reshape(g.concat(0, products), split), 1, 2, 0), weight);
  }

  private static Value padded(GraphBuilder g, Window w, Value x, int rank) {
    if (Arrays.stream(w.pads).allMatch(pad -> pad == 0)) {
      return x;
    }
    long[] pads = new long[2 * rank];
    System.arraycopy(w.pads, 0, pads, 0, rank - 2);
    System.arraycopy(w.pads, rank - 2, pads, rank, rank - 2);
    return g.op("Pad", x, g.longs(pads));
  }

  /** What the given place of the kernel sees of x [..., batch, channels] at every place of the output. */
  private static Value window(GraphBuilder g, Window w, Value x, long[] at, long[] places) {
    long[] starts = new long[at.length];
    long[] ends = new long[at.length];
    for (int i = 0; i < at.length; i++) {
      starts[i] = at[i] * w.dilations[i];
      ends[i] = starts[i] + (places[i] - 1) * w.strides[i] + 1;
    }
    long[] axes = Dims.range(at.length);
    return g.op("Slice", x, g.longs(starts), g.longs(ends), g.longs(axes), g.longs(w.strides));
  }
}
