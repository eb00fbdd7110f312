package dev.sampo.onnx;

import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.OperatorSetIdProto;
import java.util.List;

/**
 * Lifts the default operator set of a model from 13..17 to 18. What changed in between and matters: the axes of the
 * Reduce operators became an input, and Split in equal parts needs {@code num_outputs}.
 */
final class OpsetLift {
  private static final List<String> REDUCTIONS =
      List.of(
          "ReduceMean",
          "ReduceMax",
          "ReduceMin",
          "ReduceProd",
          "ReduceL1",
          "ReduceL2",
          "ReduceLogSum",
          "ReduceLogSumExp",
          "ReduceSumSquare");

  private OpsetLift() {}

  static ModelProto lift(ModelProto model) {
    int version = 0;
    for (OperatorSetIdProto opset : model.getOpsetImportList()) {
      if (opset.getDomain().isEmpty() || opset.getDomain().equals("ai.onnx")) {
        version = (int) opset.getVersion();
      }
    }
    if (version < 13 || version > GraphBuilder.MAX_OPSET) {
      throw new GraphException(
          "The model uses operator set "
              + version
              + "; graphs are worked on in 13 to "
              + GraphBuilder.MAX_OPSET
              + ". Export it again with one of these.");
    }
    if (version >= GraphBuilder.MIN_OPSET) {
      return model;
    }
    ModelProto.Builder result = model.toBuilder().clearOpsetImport();
    for (OperatorSetIdProto opset : model.getOpsetImportList()) {
      boolean main = opset.getDomain().isEmpty() || opset.getDomain().equals("ai.onnx");
      result.addOpsetImport(
          main ? opset.toBuilder().setVersion(GraphBuilder.MIN_OPSET).build() : opset);
    }
    GraphProto.Builder graph = model.getGraph().toBuilder().clearNode();
    for (NodeProto node : model.getGraph().getNodeList()) {
      graph.addNode(lift(node, graph));
    }
    return result.setGraph(graph).build();
  }

  private static NodeProto lift(NodeProto node, GraphProto.Builder graph) {
    if (!node.getDomain().isEmpty() || node.getOutputCount() == 0) {
      return node;
    }
    if (REDUCTIONS.contains(node.getOpType())) {
      long[] axes = Attr.getInts(node, "axes");
      if (axes == null) {
        return node;
      }
      String name = node.getOutput(0) + "__axes";
      graph.addInitializer(Tensors.ofLongs(name, new long[] {axes.length}, axes));
      return without(node, "axes").addInput(name).build();
    }
    if (node.getOpType().equals("Split") && node.getInputCount() < 2) {
      return node.toBuilder().addAttribute(Attr.of("num_outputs", node.getOutputCount())).build();
    }
    return node;
  }

  private static NodeProto.Builder without(NodeProto node, String attribute) {
    NodeProto.Builder builder = node.toBuilder().clearAttribute();
    for (AttributeProto a : node.getAttributeList()) {
      if (!a.getName().equals(attribute)) {
        builder.addAttribute(a);
      }
    }
    return builder;
  }
}
