package dev.sampo.embedding;

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
  /** The mean, later tokens weighing more: the n-th weighs n. */
  WEIGHTED_MEAN;

  /**
   * The pooling with a name: {@code mean}, {@code cls} and so on.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  public static Pooling parse(String name) {
    try {
      return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
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
   */
  float[] pool(float[] vectors, int offset, int[] mask, int size) {
    double[] sum = new double[size];
    double weights = 0;
    int count = 0;
    for (int t = 0; t < mask.length; t++) {
      if (mask[t] == 0) {
        continue;
      }
      count++;
      double weight = this == WEIGHTED_MEAN ? count : 1;
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
