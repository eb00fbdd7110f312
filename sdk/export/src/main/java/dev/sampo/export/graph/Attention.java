package dev.sampo.export.graph;

import dev.sampo.export.config.Config;

/**
 * Settings of an attention layer.
 *
 * @param heads query heads
 * @param kvHeads key-value heads; each serves {@code heads / kvHeads} query heads (Ainslie et al. 2023, arXiv:2305.13245)
 * @param headSize numbers of a head
 * @param scale what products of queries and keys are multiplied with
 * @param window most positions that one attends to, itself included; 0 for all before it
 * @param softCap limit of the scores, {@code c tanh(x / c)}; 0 for none
 */
public record Attention(
    int heads, int kvHeads, int headSize, double scale, int window, double softCap) {

  /** As {@code config.json} of most decoders says it: scale {@code 1 / sqrt(head size)}, no window, no cap. */
  public static Attention of(Config config) {
    int heads = config.size("num_attention_heads");
    int kvHeads = config.integer("num_key_value_heads", heads);
    int headSize = config.integer("head_dim", 0);
    int size = headSize > 0 ? headSize : config.size("hidden_size") / heads;
    return of(config, heads, kvHeads, size);
  }

  public static Attention of(Config config, int heads, int kvHeads, int headSize) {
    if (kvHeads <= 0 || heads % kvHeads != 0) {
      throw config.refuse(heads + " attention heads cannot share " + kvHeads + " key-value heads.");
    }
    return new Attention(heads, kvHeads, headSize, 1 / Math.sqrt(headSize), 0, 0);
  }

  /** Numbers of all query heads. */
  public int width() {
    return heads * headSize;
  }

  /** Numbers of all key-value heads. */
  public int kvWidth() {
    return kvHeads * headSize;
  }

  public Attention withScale(double other) {
    return new Attention(heads, kvHeads, headSize, other, window, softCap);
  }

  public Attention withWindow(int other) {
    return new Attention(heads, kvHeads, headSize, scale, other, softCap);
  }

  public Attention withSoftCap(double other) {
    return new Attention(heads, kvHeads, headSize, scale, window, other);
  }
}
