package dev.sampo.training.graph;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.Dims;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a base model that takes LoRA adapters: each adapted weight W is read as W + scale A B, where A and B are inputs
 * that default to zero, so without an adapter the model computes what it did before.
 */
final class LoraExport {
  private LoraExport() {}

  static ModelProto withInputs(
      ModelProto original, String model, Map<String, Parameter> parameters, LoraConfig lora) {
    GraphProto.Builder graph = original.getGraph().toBuilder();
    Map<String, String> renamed = new LinkedHashMap<>();
    List<NodeProto> first = new ArrayList<>();
    for (Parameter p : parameters.values()) {
      if (p.role() == Parameter.Role.LORA_A && p.model().equals(model)) {
        adapt(graph, first, p, lora, original);
        renamed.put(p.initializer(), p.initializer() + ".adapted");
      }
    }
    List<NodeProto> nodes = new ArrayList<>(first);
    for (NodeProto node : graph.getNodeList()) {
      NodeProto.Builder builder = node.toBuilder();
      for (int i = 0; i < builder.getInputCount(); i++) {
        builder.setInput(i, renamed.getOrDefault(builder.getInput(i), builder.getInput(i)));
      }
      nodes.add(builder.build());
    }
    return original.toBuilder().setGraph(graph.clearNode().addAllNode(nodes)).build();
  }

  private static void adapt(
      GraphProto.Builder graph,
      List<NodeProto> nodes,
      Parameter a,
      LoraConfig lora,
      ModelProto original) {
    String weight = a.initializer();
    long[] dims =
        original.getGraph().getInitializerList().stream()
            .filter(t -> t.getName().equals(weight))
            .findFirst()
            .map(Tensors::dims)
            .orElseThrow(
                () ->
                    new SampoException(
                        "Weight '" + weight + "' is no initializer of the model's file."));
    boolean inputsFirst = a.consumer().equals("MatMul");
    long rows = a.matrixRows(dims);
    long columns = Dims.count(dims) / rows;
    String left = weight + (inputsFirst ? ".lora_A" : ".lora_B");
    String right = weight + (inputsFirst ? ".lora_B" : ".lora_A");
    input(graph, left, rows, lora.rank());
    input(graph, right, lora.rank(), columns);
    graph.addInitializer(
        Tensors.ofFloats(weight + ".lora_scale", new long[0], (float) lora.scale()));
    graph.addInitializer(Tensors.ofLongs(weight + ".lora_shape", new long[] {dims.length}, dims));
    nodes.add(node("MatMul", weight + ".lora_product", left, right));
    nodes.add(
        node("Mul", weight + ".lora_scaled", weight + ".lora_product", weight + ".lora_scale"));
    nodes.add(
        node("Reshape", weight + ".lora_delta", weight + ".lora_scaled", weight + ".lora_shape"));
    nodes.add(node("Add", weight + ".adapted", weight, weight + ".lora_delta"));
  }

  private static void input(GraphProto.Builder graph, String name, long rows, long columns) {
    long[] dims = {rows, columns};
    graph.addInput(GraphBuilder.valueInfo(name, TensorType.floats(dims)));
    graph.addInitializer(Tensors.ofFloats(name, dims, new float[Math.toIntExact(rows * columns)]));
  }

  private static NodeProto node(String type, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(type)
        .setName(output)
        .addAllInput(List.of(inputs))
        .addOutput(output)
        .build();
  }
}
