package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What text encoders make of prompts: features [batch, length, width] and, for some models, one pooled vector a prompt [batch,
 * pooledWidth]. Can be kept and given to many requests, and mixed. Immutable, compared by content.
 */
public final class PromptFeatures {
  private final int batch;
  private final int length;
  private final float[] features;
  private final float[] pooled;
  private final long[] mask;

  /**
   * Features from their values, which are copied.
   *
   * @param batch number of prompts
   * @param length positions of a prompt
   * @param features [batch, length, width]
   * @param pooled [batch, pooledWidth], empty where the model takes none
   */
  public PromptFeatures(int batch, int length, float[] features, float[] pooled) {
    this(batch, length, features, pooled, ones(Math.max(0, batch * length)));
  }

  /**
   * As {@link #PromptFeatures(int, int, float[], float[])} with a mask.
   *
   * @param mask 1 for positions that count, 0 for padding that a network with a mask shall not see, [batch, length]
   */
  public PromptFeatures(int batch, int length, float[] features, float[] pooled, long[] mask) {
    if (batch < 1
        || length < 0
        || (length > 0 && features.length % (batch * length) != 0)
        || pooled.length % batch != 0
        || mask.length != batch * length) {
      throw new RequestException(
          "features",
          "Features of "
              + batch
              + " prompts with "
              + length
              + " positions cannot have "
              + features.length
              + " values and "
              + pooled.length
              + " pooled ones.");
    }
    this.batch = batch;
    this.length = length;
    this.features = features.clone();
    this.pooled = pooled.clone();
    this.mask = mask.clone();
  }

  private static long[] ones(int count) {
    long[] mask = new long[count];
    Arrays.fill(mask, 1);
    return mask;
  }

  /** Number of prompts. */
  public int batch() {
    return batch;
  }

  /** Positions of a prompt. */
  public int length() {
    return length;
  }

  /** Values of a position. */
  public int width() {
    return length == 0 ? 0 : features.length / batch / length;
  }

  /** Values of a pooled vector, 0 where there is none. */
  public int pooledWidth() {
    return pooled.length / batch;
  }

  /** A copy of the features. */
  public float[] features() {
    return features.clone();
  }

  /** A copy of the pooled vectors. */
  public float[] pooled() {
    return pooled.clone();
  }

  /** A copy of the mask, [batch, length]: 1 for positions that count. */
  public long[] mask() {
    return mask.clone();
  }

  /**
   * A mixture on the straight line from these features to others.
   *
   * @param t 0 gives these, 1 the others
   * @throws RequestException if the sizes differ
   */
  public PromptFeatures towards(PromptFeatures other, double t) {
    if (other.batch != batch
        || other.length != length
        || other.features.length != features.length
        || other.pooled.length != pooled.length) {
      throw new RequestException(
          "features",
          "Features of different sizes cannot be mixed: " + this + " and " + other + ".");
    }
    return new PromptFeatures(
        batch,
        length,
        mix(features, other.features, t),
        mix(pooled, other.pooled, t),
        either(mask, other.mask, t));
  }

  /** A mixture counts where one of both does; the ends are themselves. */
  private static long[] either(long[] a, long[] b, double t) {
    if (t == 0 || t == 1) {
      return t == 0 ? a : b;
    }
    long[] out = new long[a.length];
    for (int j = 0; j < out.length; j++) {
      out[j] = Math.max(a[j], b[j]);
    }
    return out;
  }

  private static float[] mix(float[] a, float[] b, double t) {
    float[] mixed = new float[a.length];
    for (int j = 0; j < mixed.length; j++) {
      mixed[j] = (float) (a[j] + t * (b[j] - a[j]));
    }
    return mixed;
  }

  /** Each prompt repeated for {@code count} pictures in a row. */
  PromptFeatures repeated(int count) {
    if (count == 1) {
      return this;
    }
    long[] masks = new long[mask.length * count];
    for (int k = 0; k < batch * count; k++) {
      System.arraycopy(mask, k / count * length, masks, k * length, length);
    }
    return new PromptFeatures(
        batch * count, length, repeat(features, count), repeat(pooled, count), masks);
  }

  private float[] repeat(float[] values, int count) {
    int n = values.length / batch;
    float[] out = new float[values.length * count];
    for (int b = 0; b < batch; b++) {
      for (int k = 0; k < count; k++) {
        System.arraycopy(values, b * n, out, (b * count + k) * n, n);
      }
    }
    return out;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PromptFeatures that
        && batch == that.batch
        && length == that.length
        && Arrays.equals(features, that.features)
        && Arrays.equals(pooled, that.pooled)
        && Arrays.equals(mask, that.mask);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(features) + Arrays.hashCode(pooled);
  }

  @Override
  public String toString() {
    return "PromptFeatures["
        + batch
        + ", "
        + length
        + ", "
        + width()
        + "; pooled "
        + pooledWidth()
        + "]";
  }
}
