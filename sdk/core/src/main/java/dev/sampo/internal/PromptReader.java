package dev.sampo.internal;

import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One text encoder of a pipeline: prompts of a fixed length to states and, where it has one, a projected vector. */
public final class PromptReader implements AutoCloseable {
  private static final String STATES = "last_hidden_state";
  private static final String VECTOR = "text_embeds";

  private final Graph graph;
  private final Tokenizer tokenizer;

  /** A reader; it owns the graph. */
  public PromptReader(Graph graph, Tokenizer tokenizer) {
    this.graph = graph;
    this.tokenizer = tokenizer;
  }

  /**
   * What the encoder says.
   *
   * @param batch number of prompts
   * @param length positions of each
   * @param states [batch, length, width]
   * @param vectors [batch, width], empty where the graph gives none
   * @param mask 1 for tokens, 0 for padding [batch, length]
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  public record Reading(int batch, int length, float[] states, float[] vectors, long[] mask) {
    /** Width of a position. */
    public int width() {
      return states.length / (batch * length);
    }

    /** Width of a vector. */
    public int vectorWidth() {
      return vectors.length / batch;
    }

    /** Each prompt repeated for several samples in a row. */
    public Reading repeated(int count) {
      float[] s = new float[states.length * count];
      float[] v = new float[vectors.length * count];
      long[] m = new long[mask.length * count];
      for (int b = 0; b < batch * count; b++) {
        int from = b / count;
        int n = states.length / batch;
        System.arraycopy(states, from * n, s, b * n, n);
        System.arraycopy(vectors, from * vectorWidth(), v, b * vectorWidth(), vectorWidth());
        System.arraycopy(mask, from * length, m, b * length, length);
      }
      return new Reading(batch * count, length, s, v, m);
    }

    /** These prompts, then others of the same length. */
    public Reading then(Reading other) {
      float[] s = joined(states, other.states);
      float[] v = joined(vectors, other.vectors);
      long[] m = java.util.Arrays.copyOf(mask, mask.length + other.mask.length);
      System.arraycopy(other.mask, 0, m, mask.length, other.mask.length);
      return new Reading(batch + other.batch, length, s, v, m);
    }

    private static float[] joined(float[] a, float[] b) {
      float[] both = java.util.Arrays.copyOf(a, a.length + b.length);
      System.arraycopy(b, 0, both, a.length, b.length);
      return both;
    }
  }

  /**
   * Reads prompts; what is too long loses its end, as in the Python pipelines.
   *
   * @param length positions that they are padded to
   */
  public Reading read(List<String> prompts, int length, CancellationToken token) {
    int batch = prompts.size();
    PromptTokens tokens = new PromptTokens(tokenizer, length);
    long[] ids = new long[batch * length];
    long[] mask = new long[batch * length];
    long[] one = new long[length];
    for (int b = 0; b < batch; b++) {
      System.arraycopy(tokens.encode(prompts.get(b), true, one), 0, ids, b * length, length);
      System.arraycopy(one, 0, mask, b * length, length);
    }
    Map<String, Tensor> inputs = new HashMap<>();
    Shape shape = Shape.of(batch, length);
    inputs.put("input_ids", Tensor.longsAs(graph.inputs().get("input_ids").type(), shape, ids));
    if (graph.inputs().containsKey("attention_mask")) {
      inputs.put(
          "attention_mask",
          Tensor.longsAs(graph.inputs().get("attention_mask").type(), shape, mask));
    }
    Set<String> wanted = new LinkedHashSet<>(Collections.singleton(STATES));
    boolean projects = graph.outputs().containsKey(VECTOR);
    if (projects) {
      wanted.add(VECTOR);
    }
    try (Outputs out = graph.run(inputs, wanted, token)) {
      float[] vectors = projects ? out.get(VECTOR).toFloats() : new float[0];
      return new Reading(batch, length, out.get(STATES).toFloats(), vectors, mask);
    } finally {
      for (Tensor tensor : inputs.values()) {
        tensor.close();
      }
    }
  }

  /**
   * Negative prompts for each of the prompts: none is the empty text.
   *
   * @throws RequestException if there are neither none, nor one, nor as many
   */
  public static List<String> negatives(List<String> negative, int prompts) {
    if (negative.size() > 1 && negative.size() != prompts) {
      throw new RequestException(
          "negativePrompt",
          "There are "
              + negative.size()
              + " negative prompts for "
              + prompts
              + " prompts. Give one, or one for each.");
    }
    List<String> out = new ArrayList<>();
    for (int b = 0; b < prompts; b++) {
      out.add(negative.isEmpty() ? "" : negative.get(negative.size() == 1 ? 0 : b));
    }
    return out;
  }

  @Override
  public void close() {
    graph.close();
  }
}
