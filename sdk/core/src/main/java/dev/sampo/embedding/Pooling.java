package dev.sampo.embedding;

import dev.sampo.error.RequestException;
import java.util.Locale;

/** How the vectors of a text's tokens become one; padding never counts. */
public enum Pooling {
  /** The mean of all. */
  MEAN,
  /** The first token's. */
  CLS,
  /** The largest value of each component. */
  MAX,
  /** The last token's. */
  LAST,
  /** The sum divided by the square root of their number. */
  MEAN_SQRT_LEN,
  /** The mean, later tokens weighing more: the n-th of the text weighs n (Muennighoff 2022, arXiv:2202.08904). */
  WEIGHTED_MEAN;

  /**
   * The pooling with a name: {@code mean}, {@code cls} and so on, or as sentence-transformers spells it ({@code lasttoken}, {@code
   * weightedmean}, {@code mean_sqrt_len_tokens}).
   *
   * @throws RequestException if there is none; the message lists those there are
   */
  public static Pooling parse(String name) {
    try {
      String way = name.trim().toUpperCase(Locale.ROOT).replace('-', '_');
      switch (way) {
        case "LASTTOKEN":
        case "LAST_TOKEN":
          return LAST;
        case "MEAN_SQRT_LEN_TOKENS":
          return MEAN_SQRT_LEN;
        case "WEIGHTEDMEAN":
          return WEIGHTED_MEAN;
        default:
          return valueOf(way);
      }
    } catch (IllegalArgumentException e) {
      throw new RequestException(
          "pooling",
          "There is no pooling '"
              + name
              + "'. There are mean, cls, max, last, mean-sqrt-len and weighted-mean.",
          e);
    }
  }

  /**
   * Pools one text.
   *
   * @param vectors vectors of all positions, one after the other
   * @param offset where those of the text begin
   * @param mask 1 for tokens, 0 for padding
   * @param size components of a vector
   * @param skipped tokens at the start that do not count
   */
  float[] pool(float[] vectors, int offset, int[] mask, int size, int skipped) {
    double[] sum = new double[size];
    double weights = 0;
    int count = 0;
    for (int t = skipped; t < mask.length; t++) {
      if (mask[t] == 0) {
        continue;
      }
      count++;
      double weight = this == WEIGHTED_MEAN ? t + 1 : 1;
      boolean replaces = count == 1 || this == LAST;
      weights += weight;
      for (int i = 0; i < size; i++) {
        float value = vectors[offset + t * size + i];
        if (this == MAX && !replaces) {
          sum[i] = Math.max(sum[i], value);
        } else if (replaces) {
          sum[i] = value * weight;
        } else if (this != CLS) {
          sum[i] += value * weight;
        }
      }
    }
    double divisor = 1;
    if (this == MEAN || this == WEIGHTED_MEAN) {
      divisor = Math.max(1e-9, weights);
    } else if (this == MEAN_SQRT_LEN) {
      divisor = Math.sqrt(Math.max(1e-9, weights));
    }
    float[] pooled = new float[size];
    for (int i = 0; i < size; i++) {
      pooled[i] = (float) (sum[i] / divisor);
    }
    return pooled;
  }
}
