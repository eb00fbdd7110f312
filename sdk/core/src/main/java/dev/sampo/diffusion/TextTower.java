package dev.sampo.diffusion;

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

  private final Graph graph;
  private final PromptTokens tokens;
  private final @Nullable String penultimate;

  TextTower(Graph graph, PromptTokens tokens) {
    this.graph = graph;
    this.tokens = tokens;
    int last = -1;
    for (String name : graph.outputs().keySet()) {
      if (name.startsWith(HIDDEN)) {
        last = Math.max(last, Integer.parseInt(name.substring(HIDDEN.length())));
      }
    }
    this.penultimate = last > 0 ? HIDDEN + (last - 1) : null;
  }

  int length() {
    return tokens.length();
  }

  /** What the encoder says of prompts: all features, the ones before the last layer, and a pooled vector. */
  record Reading(float[] last, float[] beforeLast, float[] pooled, long[] mask) {}

  Reading read(List<String> prompts, boolean cut, CancellationToken token) {
    int batch = prompts.size();
    int n = tokens.length();
    long[] ids = new long[batch * n];
    long[] mask = new long[batch * n];
    long[] one = new long[n];
    for (int b = 0; b < batch; b++) {
      System.arraycopy(tokens.encode(prompts.get(b), cut, one), 0, ids, b * n, n);
      System.arraycopy(one, 0, mask, b * n, n);
    }
    Set<String> wanted = new LinkedHashSet<>();
    for (String name : new String[] {"last_hidden_state", "pooler_output", "text_embeds"}) {
      if (graph.outputs().containsKey(name)) {
        wanted.add(name);
      }
    }
    if (penultimate != null) {
      wanted.add(penultimate);
    }
    Map<String, Tensor> inputs = new HashMap<>();
    Shape shape = Shape.of(batch, n);
    inputs.put("input_ids", Tensor.longsAs(graph.inputs().get("input_ids").type(), shape, ids));
    if (graph.inputs().containsKey("attention_mask")) {
      inputs.put(
          "attention_mask",
          Tensor.longsAs(graph.inputs().get("attention_mask").type(), shape, mask));
    }
    try (Outputs out = graph.run(inputs, wanted, token)) {
      String pooled = out.names().contains("text_embeds") ? "text_embeds" : "pooler_output";
      return new Reading(
          floats(out, "last_hidden_state"), floats(out, penultimate), floats(out, pooled), mask);
    } finally {
      for (Tensor tensor : inputs.values()) {
        tensor.close();
      }
    }
  }

  private static float[] floats(Outputs out, @Nullable String name) {
    return name != null && out.names().contains(name) ? out.get(name).toFloats() : new float[0];
  }

  @Override
  public void close() {
    graph.close();
  }
}
