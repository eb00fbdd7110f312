package dev.sampo.training.graph;

import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tells weights from constants. An exported file has both as initializers: a weight is a float tensor that stands where
 * an operator takes its weights, or a vector that is added to or multiplied with an activation.
 */
final class ParameterFinder {
  private static final Map<String, List<Integer>> SLOTS =
      Map.ofEntries(
          Map.entry("MatMul", List.of(0, 1)),
          Map.entry("FusedMatMul", List.of(0, 1)),
          Map.entry("Gemm", List.of(0, 1, 2)),
          Map.entry("Conv", List.of(1, 2)),
          Map.entry("ConvTranspose", List.of(1, 2)),
          Map.entry("LSTM", List.of(1, 2, 3)),
          Map.entry("GRU", List.of(1, 2, 3)),
          Map.entry("RNN", List.of(1, 2, 3)),
          Map.entry("LayerNormalization", List.of(1, 2)),
          Map.entry("SimplifiedLayerNormalization", List.of(1, 2)),
          Map.entry("RMSNormalization", List.of(1)),
          Map.entry("InstanceNormalization", List.of(1, 2)),
          Map.entry("GroupNormalization", List.of(1, 2)),
          Map.entry("BatchNormalization", List.of(1, 2)),
          Map.entry("Gather", List.of(0)),
          Map.entry("PRelu", List.of(1)),
          Map.entry("Einsum", List.of(0, 1)),
          Map.entry("BiasGelu", List.of(1)),
          Map.entry("FastGelu", List.of(1)),
          Map.entry("Add", List.of(0, 1)),
          Map.entry("Sub", List.of(0, 1)),
          Map.entry("Mul", List.of(0, 1)),
          Map.entry("Concat", List.of(0, 1)),
          Map.entry("Expand", List.of(0)));

  /** Operators that only rearrange a weight on its way to where it is used. */
  private static final Set<String> VIEWS =
      Set.of(
          "Unsqueeze",
          "Squeeze",
          "Reshape",
          "Transpose",
          "Identity",
          "Slice",
          "Concat",
          "Split",
          "Flatten",
          "Expand",
          "Cast");

  private ParameterFinder() {}

  /** Weights of a model in the order of its file, by initializer name. */
  static Map<String, Parameter> find(String model, String prefix, GraphBuilder graph) {
    Map<String, Parameter> found = new LinkedHashMap<>();
    Map<String, Set<String>> views = new HashMap<>();
    graph.initializers().keySet().forEach(i -> views.put(i, Set.of(i)));
    Set<String> active = new HashSet<>();
    for (NodeProto node : graph.nodes()) {
      if (VIEWS.contains(node.getOpType())
          && node.getInputList().stream().allMatch(i -> i.isEmpty() || views.containsKey(i))) {
        Set<String> sources = new LinkedHashSet<>();
        node.getInputList().forEach(i -> sources.addAll(views.getOrDefault(i, Set.of())));
        node.getOutputList().forEach(o -> views.put(o, sources));
        continue;
      }
      boolean dependent = node.getInputList().stream().anyMatch(active::contains);
      for (int slot : SLOTS.getOrDefault(node.getOpType(), List.of())) {
        // What scales or shifts raw data (frequencies of a timestep, a mean of pixels) is a
        // constant.
        boolean plain = List.of("Add", "Sub", "Mul").contains(node.getOpType()) && !dependent;
        if (slot < node.getInputCount() && !plain) {
          for (String name : views.getOrDefault(node.getInput(slot), Set.of())) {
            TensorProto tensor = graph.initializers().get(name);
            if (tensor != null && !found.containsKey(name) && isWeight(node, slot, tensor)) {
              found.put(name, parameter(model, prefix, node, slot, tensor));
            }
            dependent |= found.containsKey(name);
          }
        }
      }
      if (dependent) {
        active.addAll(node.getOutputList());
      }
    }
    Map<String, Parameter> ordered = new LinkedHashMap<>();
    for (String name : graph.initializers().keySet()) {
      Parameter parameter = found.get(name);
      if (parameter != null) {
        ordered.put(name, parameter);
      }
    }
    return ordered;
  }

  private static Parameter parameter(
      String model, String prefix, NodeProto node, int slot, TensorProto tensor) {
    boolean direct = node.getInput(slot).equals(tensor.getName());
    return new Parameter(
        prefix + tensor.getName(),
        model,
        tensor.getName(),
        Tensors.type(tensor),
        direct ? node.getOpType() : node.getOpType() + " (seen through)",
        role(node, slot, tensor));
  }

  private static boolean isWeight(NodeProto node, int slot, TensorProto tensor) {
    TensorType type = Tensors.type(tensor);
    if (!type.isFloat() || type.elementCount() < 1 || type.rank() == 0) {
      return false;
    }
    return switch (node.getOpType()) {
      // A scale factor is one number; a table of sines is multiplied, a mask has huge values.
      case "Sub", "Mul" -> type.elementCount() > 1 && isVector(type);
      case "Add" -> type.elementCount() > 1 && (isVector(type) || isTable(tensor));
      // A table of numbers by timestep is no embedding.
      case "Gather" -> type.rank() >= 2;
      case "Concat", "Expand" -> type.elementCount() > 1 && type.rank() >= 2;
      // Group normalization is often written as one without weights of its own.
      case "InstanceNormalization" -> !isAll(tensor, slot == 1 ? 1 : 0);
      default -> true;
    };
  }

  private static boolean isAll(TensorProto tensor, float value) {
    for (float v : Tensors.toFloats(tensor)) {
      if (v != value) {
        return false;
      }
    }
    return true;
  }

  /** Whether the numbers look learned: a table of positions, not a mask. */
  private static boolean isTable(TensorProto tensor) {
    float largest = 0;
    for (float v : Tensors.toFloats(tensor)) {
      largest = Math.max(largest, Math.abs(v));
    }
    return largest > 0 && largest < 100;
  }

  /** Whether at most one axis is longer than 1. */
  private static boolean isVector(TensorType type) {
    int wide = 0;
    for (long dim : type.dims()) {
      wide += dim > 1 ? 1 : 0;
    }
    return wide == 1;
  }

  private static Parameter.Role role(NodeProto node, int slot, TensorProto tensor) {
    boolean norm = node.getOpType().endsWith("Normalization");
    boolean bias = List.of("LSTM", "GRU", "RNN").contains(node.getOpType()) && slot == 3;
    return norm || bias || isVector(Tensors.type(tensor)) || Tensors.dims(tensor).length == 1
        ? Parameter.Role.VECTOR
        : Parameter.Role.WEIGHT;
  }
}
