package dev.sampo.export.optimize;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.runtime.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds attention to a concatenated past: a softmax of scaled, masked products of queries and keys that mixes values. Everything between the past
 * and the products that only repeats, turns or reshapes is passed over; that it means the heads' usual order is left to the comparison of the
 * finished graph with the old one.
 */
final class AttentionFinder {
  private static final Set<String> MOVES =
      Set.of("Unsqueeze", "Expand", "Reshape", "Transpose", "Tile", "Squeeze");
  private static final int FAR = 40;

  private final GraphView view;
  private final Slices slices;

  AttentionFinder(GraphView view, Slices slices) {
    this.view = view;
    this.slices = slices;
  }

  /** Scores on their way back to the product. */
  private static final class Scores {
    String query = "";
    String key = "";
    double scale = 1;
    double softCap;
    final List<Attended.Mask> masks = new ArrayList<>();
  }

  /** All that are found, in the order of the graph. */
  List<Attended> find() throws IOException {
    List<Attended> found = new ArrayList<>();
    for (NodeProto node : view.graph().nodes()) {
      Attended one = null;
      if (node.getOpType().equals("Softmax")) {
        one = fromSoftmax(node);
      } else if (node.getOpType().equals("Attention") && node.getDomain().isEmpty()) {
        one = fromOperator(node);
      }
      if (one != null) {
        found.add(one);
      }
    }
    return found;
  }

  private @Nullable Attended fromSoftmax(NodeProto softmax) throws IOException {
    long axis = Attr.getInt(softmax, "axis", -1);
    NodeProto mixed = axis == -1 || axis == 3 ? mixing(softmax.getOutput(0)) : null;
    if (mixed == null) {
      return null;
    }
    NodeProto value = grown(mixed.getInput(1), null);
    Scores scores = new Scores();
    if (value == null || !scores(softmax.getInput(0), scores, FAR)) {
      return null;
    }
    NodeProto key = grown(scores.key, scores);
    String query = query(scores.query, scores);
    return key == null
        ? null
        : new Attended(query, key, value, mixed, scores.scale, scores.softCap, scores.masks);
  }

  /** ONNX's own operator of opset 23, with four axes and without caches of its own. */
  private @Nullable Attended fromOperator(NodeProto node) throws IOException {
    boolean bare = node.getOutputCount() == 1 && GraphView.input(node, 4).isEmpty();
    long kind = Attr.getInt(node, "qk_matmul_output_mode", 0);
    if (!bare || kind != 0 || Attr.getInt(node, "q_num_heads", 0) != 0) {
      return null;
    }
    NodeProto key = grown(node.getInput(1), null);
    NodeProto value = grown(node.getInput(2), null);
    String mask = GraphView.input(node, 3);
    if (key == null || value == null || mask.isEmpty()) {
      return null;
    }
    boolean isBool = isBool(mask);
    return new Attended(
        node.getInput(0),
        key,
        value,
        node,
        Attr.getFloat(node, "scale", 0),
        Attr.getFloat(node, "softcap", 0),
        List.of(new Attended.Mask(mask, isBool ? Boolean.TRUE : null)));
  }

  private boolean isBool(String name) {
    NodeProto maker = view.maker(name);
    while (maker != null
        && (MOVES.contains(maker.getOpType()) || maker.getOpType().equals("Slice"))) {
      maker = view.maker(maker.getInput(0));
    }
    return maker != null
        && Set.of("And", "Or", "Not", "LessOrEqual", "Less", "Greater", "GreaterOrEqual", "Equal")
            .contains(maker.getOpType());
  }

  /** The product with the values that the weights go to. */
  private @Nullable NodeProto mixing(String weights) {
    String at = weights;
    for (int i = 0; i < FAR; i++) {
      NodeProto next = null;
      for (NodeProto user : view.users(at)) {
        if (!user.getOpType().equals("IsNaN")) {
          if (next != null) {
            return null;
          }
          next = user;
        }
      }
      if (next == null) {
        return null;
      }
      if (next.getOpType().equals("MatMul")) {
        return next.getInput(0).equals(at) ? next : null;
      }
      // Rows that see nothing would be NaN: some exports put 0 there.
      boolean guard =
          next.getOpType().equals("Where") && view.maker(next.getInput(0), "IsNaN") != null;
      if (!GraphView.isCopy(next) && !guard) {
        return null;
      }
      at = next.getOutput(0);
    }
    return null;
  }

  /** The concatenation with a past that keys or values come from, or null; scales on the way go into the scores. */
  private @Nullable NodeProto grown(String name, @Nullable Scores scores) throws IOException {
    String at = name;
    for (int i = 0; i < FAR; i++) {
      NodeProto node = view.maker(view.through(at));
      if (node == null) {
        return null;
      }
      if (node.getOpType().equals("Concat")) {
        return isGrown(node) ? node : null;
      }
      if (MOVES.contains(node.getOpType())) {
        at = node.getInput(0);
      } else if (scores != null && node.getOpType().equals("Mul")) {
        Float factor = number(node.getInput(1));
        if (factor == null) {
          return null;
        }
        scores.scale *= factor;
        at = node.getInput(0);
      } else {
        return null;
      }
    }
    return null;
  }

  private boolean isGrown(NodeProto concat) throws IOException {
    long axis = Attr.getInt(concat, "axis", 0);
    return concat.getInputCount() == 2 && (axis == 2 || axis == -2) && past(view, concat) != null;
  }

  /** The graph's input that a concatenation begins with; the first cache of some exports is an empty constant before it. */
  static @Nullable String past(GraphView view, NodeProto concat) throws IOException {
    String at = view.through(concat.getInput(0));
    NodeProto inner = view.maker(at, "Concat");
    if (inner != null && inner.getInputCount() == 2) {
      TensorProto first = view.constant(inner.getInput(0));
      if (first != null && first.getDimsList().contains(0L)) {
        at = view.through(inner.getInput(1));
      }
    }
    return view.graph().inputs().containsKey(at) ? at : null;
  }

  /** Passes over scales of the queries. */
  private String query(String name, Scores scores) throws IOException {
    NodeProto node = view.maker(view.through(name));
    if (node != null && (node.getOpType().equals("Mul") || node.getOpType().equals("Div"))) {
      Float factor = number(node.getInput(1));
      if (factor != null) {
        scores.scale *= node.getOpType().equals("Mul") ? factor : 1 / factor;
        return query(node.getInput(0), scores);
      }
    }
    return view.through(name);
  }

  /** Walks from the softmax back to the product of queries and keys. */
  private boolean scores(String name, Scores scores, int far) throws IOException {
    NodeProto node = view.maker(view.through(name));
    if (node == null || far == 0) {
      return false;
    }
    switch (node.getOpType()) {
      case "MatMul" -> {
        scores.query = node.getInput(0);
        scores.key = node.getInput(1);
        return true;
      }
      case "Add" -> {
        boolean first = leadsToProduct(node.getInput(0), far - 1);
        scores.masks.add(new Attended.Mask(node.getInput(first ? 1 : 0), null));
        return scores(node.getInput(first ? 0 : 1), scores, far - 1);
      }
      case "Where" -> {
        boolean yes = leadsToProduct(node.getInput(1), far - 1);
        scores.masks.add(new Attended.Mask(node.getInput(0), yes));
        Float lowest = number(node.getInput(yes ? 2 : 1));
        return lowest != null
            && lowest < -1e4f
            && scores(node.getInput(yes ? 1 : 2), scores, far - 1);
      }
      case "Mul", "Div" -> {
        return scaled(node, scores, far);
      }
      default -> {
        return false;
      }
    }
  }

  private boolean scaled(NodeProto node, Scores scores, int far) throws IOException {
    Float factor = number(node.getInput(1));
    if (factor == null) {
      return false;
    }
    NodeProto tanh = view.maker(node.getInput(0), "Tanh");
    if (tanh != null && node.getOpType().equals("Mul") && scores.softCap == 0) {
      NodeProto inner = view.maker(view.through(tanh.getInput(0)));
      Float limit = inner == null || inner.getInputCount() < 2 ? null : number(inner.getInput(1));
      boolean fits =
          limit != null
              && (inner.getOpType().equals("Div") && limit.equals(factor)
                  || inner.getOpType().equals("Mul") && Math.abs(limit * factor - 1) < 1e-5);
      scores.softCap = factor;
      return fits && scores(inner.getInput(0), scores, far - 1);
    }
    scores.scale *= node.getOpType().equals("Mul") ? factor : 1 / factor;
    return scores(node.getInput(0), scores, far - 1);
  }

  private boolean leadsToProduct(String name, int far) throws IOException {
    return scores(name, new Scores(), far);
  }

  /** A number that a constant holds or that shapes alone decide; null where it is none. */
  private @Nullable Float number(String name) throws IOException {
    Float constant = view.number(name);
    if (constant != null || view.maker(name) == null) {
      return constant;
    }
    // Scales made of a head's size, which is the last axis of what is asked for its shape.
    Slices.Values once = slices.run(name, new Slices.Run(1, 3), stub(3));
    Slices.Values again = slices.run(name, new Slices.Run(2, 5), stub(5));
    boolean same =
        once != null
            && again != null
            && once.numbers().length == 1
            && again.numbers().length == 1
            && once.numbers()[0] == again.numbers()[0];
    return same ? once.numbers()[0] : null;
  }

  private Shape stub(long count) {
    for (var input : view.graph().inputs().values()) {
      var shape = input.getType().getTensorType().getShape();
      if (shape.getDimCount() == 4 && shape.getDim(3).hasDimValue()) {
        return Shape.of(
            1, Math.max(1, shape.getDim(1).getDimValue()), count, shape.getDim(3).getDimValue());
      }
    }
    return Shape.of(1, 1, count, 1);
  }
}
