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

  /**
   * Features from their values, which are copied.
   *
   * @param batch number of prompts
   * @param length positions of a prompt
   * @param features [batch, length, width]
   * @param pooled [batch, pooledWidth], empty where the model takes none
   */
  public PromptFeatures(int batch, int length, float[] features, float[] pooled) {
    if (batch < 1
        || length < 0
        || (length > 0 && features.length % (batch * length) != 0)
        || pooled.length % batch != 0) {
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
        batch, length, mix(features, other.features, t), mix(pooled, other.pooled, t));
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
    return new PromptFeatures(
        batch * count, length, repeat(features, count), repeat(pooled, count));
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
        && Arrays.equals(pooled, that.pooled);
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
