package dev.sampo.export.optimize;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.proto.NodeProto;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes root mean square norms as one node (Zhang and Sennrich 2019, arXiv:1910.07467: {@code x / sqrt(mean(x^2) + eps) * weight}), and a norm
 * of a sum, also a layer norm, together with the sum.
 */
final class NormFusion {
  private static final Set<String> LOOKUPS = Set.of("Reshape", "Expand", "Unsqueeze");

  private final GraphView view;
  private final GraphBuilder g;
  private int norms;
  private int sums;

  NormFusion(GraphView view) {
    this.view = view;
    this.g = view.graph();
  }

  /** Norms that became one node. */
  int norms() {
    return norms;
  }

  /** Norms that take in the sum before them. */
  int sums() {
    return sums;
  }

  void run() throws IOException {
    rootMeanSquares();
    withSums();
  }

  /** x, its scale and epsilon. */
  private record Norm(String x, String weight, float epsilon) {}

  private void rootMeanSquares() throws IOException {
    Map<NodeProto, List<NodeProto>> changes = GraphView.changes();
    for (NodeProto node : g.nodes()) {
      Norm norm = node.getOpType().equals("Mul") ? norm(node) : null;
      if (norm != null) {
        norms++;
        changes.put(
            node,
            List.of(
                NodeProto.newBuilder()
                    .setName(node.getName() + "_norm")
                    .setOpType("SimplifiedLayerNormalization")
                    .addInput(norm.x())
                    .addInput(norm.weight())
                    .addOutput(node.getOutput(0))
                    .addAttribute(Attr.of("epsilon", norm.epsilon()))
                    .addAttribute(Attr.of("axis", -1))
                    .addAttribute(Attr.of("stash_type", 1))
                    .build()));
      }
    }
    view.replace(changes);
  }

  private @Nullable Norm norm(NodeProto mul) throws IOException {
    for (int i = 0; i < 2; i++) {
      String weight = mul.getInput(1 - i);
      NodeProto scaled = view.maker(view.through(mul.getInput(i)));
      if (scaled != null && isVector(weight)) {
        Norm found = scaled(scaled, weight);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  /** Whether a value is a weight of one axis, or one with a number added to it. */
  private boolean isVector(String name) {
    String at = view.through(name);
    NodeProto maker = view.maker(at);
    if (maker != null && maker.getOpType().equals("Add")) {
      at = view.isConstant(maker.getInput(0)) ? maker.getInput(0) : maker.getInput(1);
      at = view.through(at);
    }
    var tensor = g.initializers().get(at);
    if (tensor != null && tensor.getDimsCount() == 0 && maker != null) {
      at = view.through(maker.getInput(1));
      tensor = g.initializers().get(at);
    }
    return tensor != null && tensor.getDimsCount() == 1;
  }

  /** {@code x * (1 / root)} or {@code x / root}. */
  private @Nullable Norm scaled(NodeProto node, String weight) throws IOException {
    if (node.getOpType().equals("Div")) {
      return root(node.getInput(0), node.getInput(1), weight);
    }
    if (!node.getOpType().equals("Mul")) {
      return null;
    }
    for (int i = 0; i < 2; i++) {
      NodeProto inverse = view.maker(view.through(node.getInput(i)));
      String x = node.getInput(1 - i);
      if (inverse == null) {
        continue;
      }
      if (inverse.getOpType().equals("Reciprocal")) {
        return root(x, inverse.getInput(0), weight);
      }
      if (inverse.getOpType().equals("Div")) {
        Float one = view.number(inverse.getInput(0));
        return one != null && one == 1 ? root(x, inverse.getInput(1), weight) : null;
      }
      if (inverse.getOpType().equals("Pow")) {
        Float power = view.number(inverse.getInput(1));
        return power != null && power == -0.5f ? mean(x, inverse.getInput(0), weight) : null;
      }
    }
    return null;
  }

  private @Nullable Norm root(String x, String root, String weight) throws IOException {
    NodeProto sqrt = view.maker(root, "Sqrt");
    return sqrt == null ? null : mean(x, sqrt.getInput(0), weight);
  }

  private @Nullable Norm mean(String x, String shifted, String weight) throws IOException {
    NodeProto add = view.maker(shifted, "Add");
    if (add == null) {
      return null;
    }
    int at = view.number(add.getInput(1)) != null ? 1 : 0;
    Float epsilon = view.number(add.getInput(at));
    NodeProto mean = view.maker(add.getInput(1 - at), "ReduceMean");
    if (epsilon == null || mean == null || !isOfLastAxis(mean)) {
      return null;
    }
    NodeProto square = view.maker(view.through(mean.getInput(0)));
    boolean fits = square != null && isSquareOf(square, view.through(x));
    return fits ? new Norm(view.through(x), view.through(weight), epsilon) : null;
  }

  private boolean isOfLastAxis(NodeProto mean) throws IOException {
    long[] axes = view.longs(GraphView.input(mean, 1));
    return axes != null
        && axes.length == 1
        && (axes[0] == -1 || axes[0] == 2)
        && Attr.getInt(mean, "keepdims", 1) == 1;
  }

  private boolean isSquareOf(NodeProto node, String x) throws IOException {
    if (!view.through(node.getInput(0)).equals(x)) {
      return false;
    }
    if (node.getOpType().equals("Mul")) {
      return view.through(node.getInput(1)).equals(x);
    }
    Float power = node.getOpType().equals("Pow") ? view.number(node.getInput(1)) : null;
    long[] whole = node.getOpType().equals("Pow") ? view.longs(node.getInput(1)) : null;
    return power != null && power == 2 || whole != null && whole.length == 1 && whole[0] == 2;
  }

  // ---- norms of sums

  private void withSums() {
    Map<NodeProto, List<NodeProto>> changes = GraphView.changes();
    for (NodeProto node : g.nodes()) {
      NodeProto fused = withSum(node, changes);
      if (fused != null) {
        NodeProto sum =
            java.util.Objects.requireNonNull(view.maker(view.through(node.getInput(0))));
        changes.put(node, List.of(fused));
        changes.put(sum, List.of());
        sums++;
      }
    }
    view.replace(changes);
  }

  private @Nullable NodeProto withSum(NodeProto node, Map<NodeProto, List<NodeProto>> changes) {
    boolean simple = node.getOpType().equals("SimplifiedLayerNormalization");
    boolean full = node.getOpType().equals("LayerNormalization") && node.getInputCount() == 3;
    long axis = Attr.getInt(node, "axis", -1);
    if (!simple && !full || axis != -1 && axis != 2 || node.getOutputCount() != 1) {
      return null;
    }
    String x = view.through(node.getInput(0));
    NodeProto sum = view.maker(x, "Add");
    if (sum == null
        || changes.containsKey(sum)
        || !isRows(sum.getInput(0))
        || !isRows(sum.getInput(1))) {
      return null;
    }
    List<String> in = new ArrayList<>(List.of(sum.getInput(0), sum.getInput(1)));
    in.addAll(node.getInputList().subList(1, node.getInputCount()));
    return NodeProto.newBuilder()
        .setName(node.getName() + "_sum")
        .setDomain("com.microsoft")
        .setOpType(simple ? "SkipSimplifiedLayerNormalization" : "SkipLayerNormalization")
        .addAllInput(in)
        .addOutput(node.getOutput(0))
        .addOutput("")
        .addOutput("")
        .addOutput(x)
        .addAttribute(Attr.of("epsilon", Attr.getFloat(node, "epsilon", 1e-5f)))
        .build();
  }

  /** Whether a value has all rows of its own: constants and looked-up ones may be wider than they are long. */
  private boolean isRows(String name) {
    if (view.isConstant(name)) {
      return false;
    }
    NodeProto maker = view.maker(view.through(name));
    if (maker != null && maker.getOpType().equals("Gather")) {
      return view.isConstant(maker.getInput(0)) && maker.getInput(1).equals("input_ids");
    }
    return maker != null && !LOOKUPS.contains(maker.getOpType());
  }
}
