package dev.sampo.onnx;

import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.NodeProto;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What the bodies of If, Loop and Scan take from the graph around them. */
final class Subgraphs {
  private Subgraphs() {}

  /** The node with its inputs and outputs renamed, also where its bodies take values from outside. */
  static NodeProto renamed(NodeProto node, Map<String, String> names) {
    NodeProto.Builder builder = node.toBuilder();
    for (int i = 0; i < node.getInputCount(); i++) {
      builder.setInput(i, names.getOrDefault(node.getInput(i), node.getInput(i)));
    }
    for (int i = 0; i < node.getOutputCount(); i++) {
      builder.setOutput(i, names.getOrDefault(node.getOutput(i), node.getOutput(i)));
    }
    for (int i = 0; i < node.getAttributeCount(); i++) {
      AttributeProto attribute = node.getAttribute(i);
      if (attribute.hasG()) {
        GraphProto.Builder body = attribute.getG().toBuilder();
        for (int k = 0; k < body.getNodeCount(); k++) {
          body.setNode(k, renamed(body.getNode(k), names));
        }
        for (int k = 0; k < body.getOutputCount(); k++) {
          String name = body.getOutput(k).getName();
          body.setOutput(k, body.getOutput(k).toBuilder().setName(names.getOrDefault(name, name)));
        }
        builder.setAttribute(i, attribute.toBuilder().setG(body));
      }
    }
    return builder.build();
  }

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
