package dev.sampo.training.autodiff;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.Dims;
import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.Value;
import dev.sampo.training.autodiff.GradientRules.Registry;
import java.util.List;

/** Reading and writing at indices. */
final class IndexRules {
  private IndexRules() {}

  static void register(Registry r) {
    r.add("Gather", IndexRules::gather);
    r.add("GatherElements", IndexRules::gatherElements);
    r.add("GatherND", IndexRules::gatherNd);
    r.add("ScatterND", IndexRules::scatterNd);
    r.add("ScatterElements", IndexRules::scatterElements);
  }

  /** Moves the axis to the front and adds rows with ScatterND, which takes negative indices as Gather does. */
  private static void gather(Backward n) {
    Emitter g = n.graph();
    long[] data = n.shape(0);
    long[] indices = n.shape(1);
    int axis = Dims.normalize(n.attr("axis", 0), data.length);
    int q = indices.length;
    long[] front =
        Dims.concat(
            Dims.range(axis, axis + q),
            Dims.range(0, axis),
            Dims.range(axis + q, data.length - 1 + q));
    Value updates = g.transpose(n.grad(), front);
    long[] moved =
        Dims.concat(new long[] {axis}, Dims.range(0, axis), Dims.range(axis + 1, data.length));
    long[] movedDims = new long[data.length];
    for (int i = 0; i < data.length; i++) {
      movedDims[i] = data[(int) moved[i]];
    }
    Value at = g.reshape(n.in(1), Dims.concat(indices, new long[] {1}));
    Value at64 =
        n.type(1).equals(dev.sampo.onnx.TensorType.longs(indices))
            ? at
            : g.cast(at, dev.sampo.onnx.proto.TensorProto.DataType.INT64);
    Value sum = scatterAdd(g, "ScatterND", List.of(), g.zeros(movedDims), at64, updates);
    n.give(0, g.transpose(sum, Dims.inverse(moved)));
  }

  private static Value scatterAdd(
      Emitter g,
      String type,
      List<dev.sampo.onnx.proto.AttributeProto> more,
      Value zeros,
      Value indices,
      Value updates) {
    List<dev.sampo.onnx.proto.AttributeProto> attributes = new java.util.ArrayList<>(more);
    attributes.add(Attr.of("reduction", "add"));
    return g.op(type, attributes, zeros, indices, updates);
  }

  private static void gatherElements(Backward n) {
    Emitter g = n.graph();
    n.give(
        0,
        scatterAdd(
            g,
            "ScatterElements",
            List.of(Attr.of("axis", n.attr("axis", 0))),
            g.zeros(n.shape(0)),
            n.in(1),
            n.grad()));
  }

  private static void gatherNd(Backward n) {
    if (n.attr("batch_dims", 0) != 0) {
      throw n.fail("has batch_dims, which has no gradient rule");
    }
    Emitter g = n.graph();
    n.give(0, scatterAdd(g, "ScatterND", List.of(), g.zeros(n.shape(0)), n.in(1), n.grad()));
  }

  /** Overwritten (or added to) places: the data's gradient is cleared there (or passes), updates read theirs. */
  private static void scatterNd(Backward n) {
    Emitter g = n.graph();
    String reduction = n.attr("reduction", "none");
    if (n.wants(0)) {
      n.give(
          0,
          passes(n, reduction)
              ? n.grad()
              : g.op("ScatterND", n.grad(), n.in(1), g.zeros(n.shape(2))));
    }
    if (n.wants(2)) {
      n.give(2, g.op("GatherND", n.grad(), n.in(1)));
    }
  }

  private static void scatterElements(Backward n) {
    Emitter g = n.graph();
    var axis = Attr.of("axis", n.attr("axis", 0));
    if (n.wants(0)) {
      n.give(
          0,
          passes(n, n.attr("reduction", "none"))
              ? n.grad()
              : g.op("ScatterElements", List.of(axis), n.grad(), n.in(1), g.zeros(n.shape(2))));
    }
    if (n.wants(2)) {
      n.give(2, g.op("GatherElements", List.of(axis), n.grad(), n.in(1)));
    }
  }

  private static boolean passes(Backward n, String reduction) {
    if (!reduction.equals("none") && !reduction.equals("add")) {
      throw n.fail("has reduction '" + reduction + "', which has no gradient rule");
    }
    return reduction.equals("add");
  }
}
