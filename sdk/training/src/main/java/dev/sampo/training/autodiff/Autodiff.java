package dev.sampo.training.autodiff;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reverse-mode differentiation. Walks the nodes backwards from a scalar and lets the {@link GradientRule} of each emit
 * the gradients of its inputs, only along paths that lead to a wanted value.
 */
public final class Autodiff {
  private final GraphBuilder graph;
  private final GradientRules rules;
  private final Set<String> needed = new HashSet<>();
  private final Map<String, List<Value>> partial = new HashMap<>();
  private final Map<String, Value> complete = new HashMap<>();

  private Autodiff(GraphBuilder graph, GradientRules rules) {
    this.graph = graph;
    this.rules = rules;
  }

  /**
   * Appends the backward pass to a probed graph.
   *
   * @param loss a scalar
   * @param wanted names of inputs, initializers or values
   * @return the gradients in the order of {@code wanted}; a value that the loss does not depend on gets zeros
   */
  public static Map<String, Value> gradients(
      GraphBuilder graph, Value loss, Collection<String> wanted, GradientRules rules) {
    return new Autodiff(graph, rules).run(loss, wanted);
  }

  private Map<String, Value> run(Value loss, Collection<String> wanted) {
    TensorType type = graph.requireType(loss);
    if (type.elementCount() != 1 || !type.isFloat()) {
      throw new SampoException(
          "The loss '" + loss + "' is " + type + "; it has to be one float32 number.");
    }
    List<NodeProto> forward = new ArrayList<>(graph.nodes());
    needed.addAll(wanted);
    for (NodeProto node : forward) {
      if (node.getInputList().stream().anyMatch(needed::contains)) {
        for (String output : node.getOutputList()) {
          TensorType outType = output.isEmpty() ? null : graph.type(output);
          if (outType != null && outType.isFloat()) {
            needed.add(output);
          }
        }
      }
    }
    long[] lossDims = type.dims();
    float[] one = {1};
    add(loss.name(), graph.floats(lossDims, one));
    for (int i = forward.size() - 1; i >= 0; i--) {
      NodeProto node = forward.get(i);
      boolean reached = node.getOutputList().stream().anyMatch(partial::containsKey);
      boolean leads = node.getInputList().stream().anyMatch(needed::contains);
      if (reached && leads) {
        rules.of(node).backward(new Backward(graph, node, this));
      }
    }
    Map<String, Value> result = new LinkedHashMap<>();
    for (String name : wanted) {
      Value gradient = gradientOf(name);
      result.put(name, gradient != null ? gradient : graph.zeros(graph.requireType(name).dims()));
    }
    return result;
  }

  boolean needsGradient(String value) {
    return needed.contains(value);
  }

  void add(String value, Value gradient) {
    if (needed.contains(value)) {
      partial.computeIfAbsent(value, k -> new ArrayList<>()).add(gradient);
    }
  }

  /** The sum of all gradients that came in; no more may come after the first call. */
  @Nullable Value gradientOf(String value) {
    Value done = complete.get(value);
    if (done != null) {
      return done;
    }
    List<Value> parts = partial.get(value);
    if (parts == null) {
      return null;
    }
    Value sum =
        parts.size() == 1 ? parts.get(0) : graph.node("", "Sum", List.of(), parts, 1).get(0);
    complete.put(value, sum);
    return sum;
  }
}
