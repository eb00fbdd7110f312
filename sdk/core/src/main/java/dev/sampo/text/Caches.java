package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The key/value pairs that a graph declares: which output of one step is which input of the next, and their shapes. */
final class Caches {
  /**
   * One block.
   *
   * @param input {@code past_key_values.0.key}
   * @param output {@code present.0.key}; empty if the graph does not give it (cross-attention of a decoder with past)
   * @param info what the graph declares for the input
   * @param lengthAxis the axis that grows
   */
  record Pair(String input, String output, TensorInfo info, int lengthAxis) {
    /** Keys or values of the encoder's output, which never change. */
    boolean isCross() {
      return input.contains(".encoder.");
    }
  }

  private Caches() {}

  /** The blocks of a graph, in its order; empty if it has no past. */
  static List<Pair> of(Graph graph) {
    List<Pair> pairs = new ArrayList<>();
    for (Map.Entry<String, TensorInfo> entry : graph.inputs().entrySet()) {
      String name = entry.getKey();
      if (name.startsWith("past_key_values.") || name.startsWith("past.")) {
        String suffix = name.substring(name.indexOf('.') + 1);
        pairs.add(
            new Pair(
                name,
                output(graph, suffix),
                entry.getValue(),
                lengthAxis(entry.getValue().shape())));
      }
    }
    return pairs;
  }

  private static String output(Graph graph, String suffix) {
    for (String prefix : List.of("present.", "present_key_values.")) {
      if (graph.outputs().containsKey(prefix + suffix)) {
        return prefix + suffix;
      }
    }
    return "";
  }

  private static int lengthAxis(Shape shape) {
    for (int axis = 1; axis < shape.rank(); axis++) {
      String symbol = shape.symbol(axis);
      if (symbol != null
          && (symbol.contains("past")
              || symbol.contains("sequence")
              || symbol.contains("length"))) {
        return axis;
      }
    }
    return shape.rank() == 4 ? 2 : 1;
  }

  /** An empty block, or one of {@code length} zeros. */
  static Tensor block(Pair pair, int rows, int length, JsonNode config) {
    Shape declared = pair.info().shape();
    long[] dims = declared.dims();
    dims[0] = rows;
    dims[pair.lengthAxis()] = length;
    for (int axis = 1; axis < dims.length; axis++) {
      if (dims[axis] < 0) {
        dims[axis] = axis == dims.length - 1 ? headSize(config) : keyValueHeads(config);
      }
    }
    return Tensor.allocate(pair.info().type(), Shape.of(dims));
  }

  private static int keyValueHeads(JsonNode config) {
    return number(
        config,
        "num_key_value_heads",
        "num_kv_heads",
        "decoder_attention_heads",
        "num_attention_heads",
        "n_head",
        "num_heads");
  }

  private static int headSize(JsonNode config) {
    if (config.path("head_dim").isInt()) {
      return config.path("head_dim").intValue();
    }
    if (config.path("d_kv").isInt()) {
      return config.path("d_kv").intValue();
    }
    return number(config, "hidden_size", "n_embd", "d_model")
        / number(config, "num_attention_heads", "n_head", "num_heads");
  }

  private static int number(JsonNode config, String... keys) {
    for (String key : keys) {
      if (config.path(key).isInt()) {
        return config.path(key).intValue();
      }
    }
    throw new IllegalArgumentException(
        "The graph leaves a size of its key/value inputs open, and config.json has none of "
            + String.join(", ", keys)
            + ".");
  }
}
