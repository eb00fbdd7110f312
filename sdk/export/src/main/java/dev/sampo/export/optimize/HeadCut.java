package dev.sampo.export.optimize;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.TensorShapeProto;
import dev.sampo.onnx.proto.TypeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Cuts the hidden states before the head, so that only the last positions get scores, as many as {@code num_logits_to_keep} says. */
final class HeadCut {
  private static final String KEEP = "num_logits_to_keep";
  private static final String LOGITS = "logits";

  private final GraphView view;
  private final GraphBuilder g;

  HeadCut(GraphView view) {
    this.view = view;
    this.g = view.graph();
  }

  /** Does it; returns null, or why it was left. */
  @Nullable String run() {
    if (g.inputs().containsKey(KEEP) || g.inputs().containsKey("logits_to_keep")) {
      return "scores: the graph cuts them already";
    }
    ValueInfoProto logits = g.outputs().get(LOGITS);
    TensorShapeProto shape = logits == null ? null : logits.getType().getTensorType().getShape();
    if (shape == null || shape.getDimCount() != 3) {
      return "scores: there is no output 'logits' [batch, sequence, vocabulary]";
    }
    if (shape.getDim(1).hasDimValue()) {
      return "scores: they are of " + shape.getDim(1).getDimValue() + " position already";
    }
    List<NodeProto> path = path();
    if (path.isEmpty()) {
      return "scores: 'logits' is no product with a head";
    }
    cut(path, shape.getDim(2));
    TypeProto.Tensor tensor = logits.getType().getTensorType();
    TensorShapeProto kept =
        shape.toBuilder()
            .setDim(1, TensorShapeProto.Dimension.newBuilder().setDimParam("kept_length"))
            .build();
    TypeProto type =
        TypeProto.newBuilder().setTensorType(tensor.toBuilder().setShape(kept)).build();
    g.redeclare(logits.toBuilder().setType(type).build());
    return null;
  }

  /** From the head's product, or the reshaping before it, to the scores; empty where there is none. */
  private List<NodeProto> path() {
    List<NodeProto> path = new ArrayList<>();
    String at = LOGITS;
    for (int i = 0; i < 12; i++) {
      NodeProto node = view.maker(at);
      if (node == null || i > 0 && view.users(at).size() > 1) {
        return List.of();
      }
      path.add(0, node);
      switch (node.getOpType()) {
        case "MatMul", "Gemm", "FusedMatMul", "MatMulNBits" -> {
          NodeProto before = view.maker(node.getInput(0));
          if (before != null && before.getOpType().equals("Reshape") && hasReshape(path)) {
            path.add(0, before);
          }
          return path;
        }
        case "Cast", "Identity", "Tanh", "Reshape" -> at = node.getInput(0);
        case "Add", "Mul", "Div", "Sub" ->
            at = view.isConstant(node.getInput(0)) ? node.getInput(1) : node.getInput(0);
        default -> {
          return List.of();
        }
      }
    }
    return List.of();
  }

  private static boolean hasReshape(List<NodeProto> path) {
    return path.stream().anyMatch(node -> node.getOpType().equals("Reshape"));
  }

  private void cut(List<NodeProto> path, TensorShapeProto.Dimension vocabulary) {
    g.input(GraphBuilder.valueInfo(KEEP, TensorType.of(TensorProto.DataType.INT64_VALUE)));
    Value start = g.op("Neg", g.op("Reshape", new Value(KEEP), g.longs(1)));
    NodeProto first = path.get(0);
    Value cut =
        g.op("Slice", new Value(first.getInput(0)), start, g.longs(Long.MAX_VALUE), g.longs(1));
    Map<NodeProto, List<NodeProto>> changes = GraphView.changes();
    for (NodeProto node : path) {
      NodeProto.Builder made = node.toBuilder();
      if (node == first) {
        made.setInput(0, cut.name());
      }
      if (node != first && node.getOpType().equals("Reshape")) {
        Value rows = g.op("Shape", List.of(Attr.of("end", 2)), cut);
        Value columns = g.longs(vocabulary.hasDimValue() ? vocabulary.getDimValue() : -1);
        made.setInput(1, g.concat(0, List.of(rows, columns)).name());
      }
      changes.put(node, List.of(made.build()));
    }
    view.replace(changes);
  }
}
