package dev.sampo.diffusion.staged;

import dev.sampo.error.RequestException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * CLIP embeddings of pictures, and those that guidance goes away from, [count, width] each. Immutable, compared by content.
 */
public final class Embeddings {
  private final int count;
  private final float[] positive;
  private final float[] negative;

  /** Embeddings from their values, which are copied; as many negative ones. */
  public Embeddings(int count, float[] positive, float[] negative) {
    if (count < 1 || positive.length != negative.length || positive.length % count != 0) {
      throw new RequestException(
          "embeddings",
          count
              + " embeddings cannot have "
              + positive.length
              + " values and "
              + negative.length
              + " negative ones.");
    }
    this.count = count;
    this.positive = positive.clone();
    this.negative = negative.clone();
  }

  /** Number of embeddings. */
  public int count() {
    return count;
  }

  /** Values of one. */
  public int width() {
    return positive.length / count;
  }

  /** A copy of the values. */
  public float[] positive() {
    return positive.clone();
  }

  /** A copy of the values that guidance goes away from. */
  public float[] negative() {
    return negative.clone();
  }

  /**
   * A weighted sum with others, of texts or of pictures, as diffusers' {@code interpolate} mixes them; the negative ones stay these.
   *
   * @param weight of these
   * @param otherWeight of the others
   */
  public Embeddings mixed(double weight, Embeddings other, double otherWeight) {
    if (other.positive.length != positive.length || other.count != count) {
      throw new RequestException(
          "embeddings", "Embeddings of different sizes cannot be mixed: " + this + " and " + other);
    }
    float[] sum = new float[positive.length];
    for (int j = 0; j < sum.length; j++) {
      sum[j] = (float) (weight * positive[j] + otherWeight * other.positive[j]);
    }
    return new Embeddings(count, sum, negative);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Embeddings that
        && count == that.count
        && Arrays.equals(positive, that.positive)
        && Arrays.equals(negative, that.negative);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(positive) + Arrays.hashCode(negative);
  }

  @Override
  public String toString() {
    return "Embeddings[" + count + ", " + width() + "]";
  }
}
