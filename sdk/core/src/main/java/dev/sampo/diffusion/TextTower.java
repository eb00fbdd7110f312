package dev.sampo.diffusion;

import dev.sampo.diffusion.architecture.TextReading;
import dev.sampo.diffusion.architecture.TextWish;
import dev.sampo.error.RequestException;
import dev.sampo.internal.PromptTokens;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One text encoder with its tokenizer. */
final class TextTower implements AutoCloseable {
  private static final String HIDDEN = "hidden_states.";
  private static final String LAST = "last_hidden_state";

  private final Graph graph;
  private final PromptTokens tokens;

  /** States that the graph gives: that of the embeddings and one behind each layer. */
  private final int states;

  TextTower(Graph graph, PromptTokens tokens) {
    this.graph = graph;
    this.tokens = tokens;
    int last = -1;
    for (String name : graph.outputs().keySet()) {
      if (name.startsWith(HIDDEN)) {
        last = Math.max(last, Integer.parseInt(name.substring(HIDDEN.length())));
      }
    }
    this.states = last + 1;
  }

  int length() {
    return tokens.length();
  }

  TextReading read(List<String> prompts, boolean cut, TextWish wish, CancellationToken token) {
    int batch = prompts.size();
    int n = tokens.length();
    long[] ids = new long[batch * n];
    long[] mask = new long[batch * n];
    long[] one = new long[n];
    for (int b = 0; b < batch; b++) {
      System.arraycopy(tokens.encode(prompts.get(b), cut, one), 0, ids, b * n, n);
      System.arraycopy(one, 0, mask, b * n, n);
    }
    String layer = layer(wish);
    // The state before the final normalization shows what that normalization is.
    boolean norms = wish.normalizes() && wish.layerFromEnd() > 1;
    String unnormed = norms ? HIDDEN + (states - 1) : null;
    Set<String> wanted = new LinkedHashSet<>();
    for (String name : new String[] {LAST, "pooler_output", "text_embeds", layer, unnormed}) {
      if (name != null && graph.outputs().containsKey(name)) {
        wanted.add(name);
      }
    }
    Map<String, Tensor> inputs = inputs(Shape.of(batch, n), ids, mask);
    try (Outputs out = graph.run(inputs, wanted, token)) {
      String pooled = out.names().contains("text_embeds") ? "text_embeds" : "pooler_output";
      float[] last = floats(out, LAST);
      float[] state = floats(out, layer);
      if (norms) {
        FinalNorm.apply(floats(out, unnormed), last, state, last.length / (batch * n));
      }
      return new TextReading(n, last, state, floats(out, pooled), mask);
    } finally {
      for (Tensor tensor : inputs.values()) {
        tensor.close();
      }
    }
  }

  private Map<String, Tensor> inputs(Shape shape, long[] ids, long[] mask) {
    Map<String, Tensor> inputs = new HashMap<>();
    inputs.put("input_ids", Tensor.longsAs(graph.inputs().get("input_ids").type(), shape, ids));
    if (graph.inputs().containsKey("attention_mask")) {
      inputs.put(
          "attention_mask",
          Tensor.longsAs(graph.inputs().get("attention_mask").type(), shape, mask));
    }
    return inputs;
  }

  /** The output that was wished for; null where it is none of the states. */
  private @Nullable String layer(TextWish wish) {
    if (wish.layerFromEnd() == 0) {
      return null;
    }
    if (wish.normalizes() && wish.layerFromEnd() == 1) {
      return LAST;
    }
    if (states == 0) {
      if (wish.normalizes()) {
        throw new RequestException(
            "clipSkip",
            "clipSkip wants the layers of the text encoder, but "
                + graph.name()
                + " has no outputs hidden_states.N. Export it with output_hidden_states.");
      }
      return null;
    }
    if (wish.layerFromEnd() > states) {
      throw new RequestException(
          "clipSkip",
          "The text encoder "
              + graph.name()
              + " has "
              + (states - 1)
              + " layers, so so many cannot be skipped. Use a smaller clipSkip.");
    }
    return HIDDEN + (states - wish.layerFromEnd());
  }

  private static float[] floats(Outputs out, @Nullable String name) {
    return name != null && out.names().contains(name) ? out.get(name).toFloats() : new float[0];
  }

  @Override
  public void close() {
    graph.close();
  }
}
