package dev.sampo.training.recipe;

import dev.sampo.model.ModelGraph;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import java.util.HashMap;
import java.util.Map;

/** Gives the inputs and outputs of a graph the names that its spec has for them, where an exporter or a {@code sampo.json} calls them otherwise. */
final class GraphNames {
  private final Map<String, String> names = new HashMap<>();

  private GraphNames() {}

  /** The model under the names of its spec; its weights keep theirs. */
  static ModelProto ofSpec(ModelProto model, ModelGraph graph) {
    GraphNames names = new GraphNames();
    graph.inputNames().forEach((spec, own) -> names.names.put(own, spec));
    graph.outputNames().forEach((spec, own) -> names.names.put(own, spec));
    return names.of(model);
  }

  /** The other way round. */
  static ModelProto ofFile(ModelProto model, ModelGraph graph) {
    GraphNames names = new GraphNames();
    names.names.putAll(graph.inputNames());
    names.names.putAll(graph.outputNames());
    return names.of(model);
  }

  private ModelProto of(ModelProto model) {
    return names.isEmpty() ? model : model.toBuilder().setGraph(renamed(model.getGraph())).build();
  }

  private GraphProto renamed(GraphProto graph) {
    GraphProto.Builder b = graph.toBuilder();
    for (int i = 0; i < b.getNodeCount(); i++) {
      b.setNode(i, renamed(b.getNode(i)));
    }
    for (int i = 0; i < b.getInputCount(); i++) {
      b.setInput(i, renamed(b.getInput(i)));
    }
    for (int i = 0; i < b.getOutputCount(); i++) {
      b.setOutput(i, renamed(b.getOutput(i)));
    }
    for (int i = 0; i < b.getValueInfoCount(); i++) {
      b.setValueInfo(i, renamed(b.getValueInfo(i)));
    }
    return b.build();
  }

  private ValueInfoProto renamed(ValueInfoProto value) {
    String name = names.get(value.getName());
    return name == null ? value : value.toBuilder().setName(name).build();
  }

  private NodeProto renamed(NodeProto node) {
    NodeProto.Builder b = node.toBuilder();
    for (int i = 0; i < b.getInputCount(); i++) {
      b.setInput(i, names.getOrDefault(b.getInput(i), b.getInput(i)));
    }
    for (int i = 0; i < b.getOutputCount(); i++) {
      b.setOutput(i, names.getOrDefault(b.getOutput(i), b.getOutput(i)));
    }
    for (int i = 0; i < b.getAttributeCount(); i++) {
      AttributeProto attribute = b.getAttribute(i);
      if (attribute.hasG()) {
        b.setAttribute(i, attribute.toBuilder().setG(renamed(attribute.getG())));
      }
    }
    return b.build();
  }
}
