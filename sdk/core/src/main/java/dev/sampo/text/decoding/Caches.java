package dev.sampo.text.decoding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The key/value pairs that a graph declares: which output of one step is which input of the next, and their shapes. */
public final class Caches {
  /**
   * One block.
   *
   * @param input {@code past_key_values.0.key}
   * @param output {@code present.0.key}; empty if the graph does not give it (cross-attention of a decoder with past)
   * @param info what the graph declares for the input
   * @param lengthAxis the axis that grows, or -1 for a state that keeps its size ({@code past_conv.0} of convolutions)
   */
  public record Pair(String input, String output, TensorInfo info, int lengthAxis) {
    /** Keys or values of the encoder's output, which never change. */
    boolean isCross() {
      return input.contains(".encoder.");
    }

    /** Whether it has an axis of positions. */
    boolean grows() {
      return lengthAxis >= 0;
    }
  }

  private Caches() {}

  /**
   * The blocks of a graph, in its order; empty if it has no past. Whatever is called {@code past...} is one, with the output whose name differs
   * from it in nothing but {@code present}: layers may have any numbers, with gaps, and states of other kinds beside keys and values.
   */
  static List<Pair> of(Graph graph) {
    return of(graph.inputs(), graph.outputs());
  }

  /** {@link #of(Graph)} by the spec's names; the pairs have those too. */
  static List<Pair> of(Map<String, TensorInfo> inputs, Map<String, TensorInfo> outputs) {
    List<Pair> pairs = new ArrayList<>();
    for (Map.Entry<String, TensorInfo> entry : inputs.entrySet()) {
      String name = entry.getKey();
      if (isPast(name)) {
        Shape shape = entry.getValue().shape();
        boolean grows = name.startsWith("past_key_values.") || name.startsWith("past.");
        String output = output(outputs, name);
        pairs.add(new Pair(name, output, entry.getValue(), grows ? lengthAxis(shape) : -1));
      }
    }
    return pairs;
  }

  /** Whether an input is a block by its name. */
  static boolean isPast(String input) {
    return input.startsWith("past.") || input.startsWith("past_");
  }

  private static String output(Map<String, TensorInfo> outputs, String input) {
    String rest = input.substring("past".length());
    String suffix = input.substring(input.indexOf('.') + 1);
    for (String name :
        List.of("present" + rest, "present." + suffix, "present_key_values." + suffix)) {
      if (outputs.containsKey(name)) {
        return name;
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
    return Tensor.allocate(pair.info().type(), shape(pair, rows, length, config));
  }

  /** The shape of a block; what the graph leaves open is taken from config.json. */
  static Shape shape(Pair pair, int rows, int length, JsonNode config) {
    Shape declared = pair.info().shape();
    long[] dims = declared.dims();
    dims[0] = rows;
    if (pair.grows()) {
      dims[pair.lengthAxis()] = length;
    }
    for (int axis = 1; axis < dims.length; axis++) {
      if (dims[axis] < 0) {
        dims[axis] = pair.grows() ? open(axis == dims.length - 1, config) : state(axis, config);
      }
    }
    return Shape.of(dims);
  }

  private static int open(boolean last, JsonNode config) {
    return last ? headSize(config) : keyValueHeads(config);
  }

  /** Size of a convolution's state: channels, then the newest inputs. */
  private static int state(int axis, JsonNode config) {
    return axis == 1
        ? number(config, "hidden_size", "n_embd", "d_model")
        : number(config, "conv_L_cache");
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
      for (JsonNode part : List.of(config, config.path("text_config"))) {
        if (part.path(key).isInt()) {
          return part.path(key).intValue();
        }
      }
    }
    throw new SampoException(
        "The graph leaves a size of its key/value inputs open, and config.json has none of "
            + String.join(", ", keys)
            + ".");
  }
}
