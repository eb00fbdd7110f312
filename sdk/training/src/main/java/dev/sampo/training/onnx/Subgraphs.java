package dev.sampo.training.onnx;

import dev.sampo.training.onnx.proto.AttributeProto;
import dev.sampo.training.onnx.proto.GraphProto;
import dev.sampo.training.onnx.proto.NodeProto;
import java.util.HashSet;
import java.util.Set;

/** What the bodies of If, Loop and Scan take from the graph around them. */
final class Subgraphs {
  private Subgraphs() {}

  static Set<String> outerInputs(NodeProto node) {
    Set<String> result = new HashSet<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        GraphProto body = attribute.getG();
        for (NodeProto inner : body.getNodeList()) {
          result.addAll(inner.getInputList());
          result.addAll(outerInputs(inner));
        }
        body.getOutputList().forEach(o -> result.add(o.getName()));
      }
    }
    return result;
  }
}
