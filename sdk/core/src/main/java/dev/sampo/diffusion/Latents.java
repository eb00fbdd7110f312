package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Samples of a diffusion model on their way or at their end, [batch, channels, height, width]: latents of a text-to-image model
 * (multiplied by its scaling factor) or pixels in -1..1. Immutable, compared by content.
 */
public final class Latents {
  private final int batch;
  private final int channels;
  private final int height;
  private final int width;
  private final float[] values;

  /** Latents from their values, which are copied. */
  public Latents(int batch, int channels, int height, int width, float[] values) {
    if (batch < 1
        || channels < 1
        || height < 1
        || width < 1
        || values.length != batch * channels * height * width) {
      throw new RequestException(
          "latents",
          "Latents of ["
              + batch
              + ", "
              + channels
              + ", "
              + height
              + ", "
              + width
              + "] cannot have "
              + values.length
              + " values.");
    }
    this.batch = batch;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.values = values.clone();
  }

  /** Number of samples. */
  public int batch() {
    return batch;
  }

  /** Number of channels. */
  public int channels() {
    return channels;
  }

  /** Rows. */
  public int height() {
    return height;
  }

  /** Columns. */
  public int width() {
    return width;
  }

  /** A copy of the values. */
  public float[] values() {
    return values.clone();
  }

  /**
   * The same picture with more rows and columns, each value repeated (nearest neighbour). Given to a request with a strength
   * below 1 it becomes a larger picture of the same thing.
   */
  public Latents upscaled(int newHeight, int newWidth) {
    float[] out = new float[batch * channels * newHeight * newWidth];
    int planes = batch * channels;
    for (int p = 0; p < planes; p++) {
      for (int y = 0; y < newHeight; y++) {
        int from = (p * height + y * height / newHeight) * width;
        int to = (p * newHeight + y) * newWidth;
        for (int x = 0; x < newWidth; x++) {
          out[to + x] = values[from + x * width / newWidth];
        }
      }
    }
    return new Latents(batch, channels, newHeight, newWidth, out);
  }

  /**
   * A point on the great circle from these latents to others: as long as both, as noise has to be. White 2016, arXiv:1609.04468.
   *
   * @param t 0 gives these, 1 the others
   */
  public Latents slerp(Latents other, double t) {
    if (!sameShape(other)) {
      throw new RequestException(
          "latents", "Latents of different sizes cannot be mixed: " + this + " and " + other + ".");
    }
    double dot = 0;
    double a2 = 0;
    double b2 = 0;
    for (int j = 0; j < values.length; j++) {
      dot += (double) values[j] * other.values[j];
      a2 += (double) values[j] * values[j];
      b2 += (double) other.values[j] * other.values[j];
    }
    double cosine = a2 == 0 || b2 == 0 ? 1 : dot / Math.sqrt(a2 * b2);
    double angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
    boolean straight = angle < 1e-4 || Math.PI - angle < 1e-4;
    double wa = straight ? 1 - t : Math.sin((1 - t) * angle) / Math.sin(angle);
    double wb = straight ? t : Math.sin(t * angle) / Math.sin(angle);
    float[] out = new float[values.length];
    for (int j = 0; j < out.length; j++) {
      out[j] = (float) (wa * values[j] + wb * other.values[j]);
    }
    return new Latents(batch, channels, height, width, out);
  }

  boolean sameShape(Latents that) {
    return batch == that.batch
        && channels == that.channels
        && height == that.height
        && width == that.width;
  }

  /** All samples {@code count} times over, one after the other. */
  Latents repeated(int count) {
    if (count == 1) {
      return this;
    }
    float[] out = new float[values.length * count];
    for (int k = 0; k < count; k++) {
      System.arraycopy(values, 0, out, k * values.length, values.length);
    }
    return new Latents(batch * count, channels, height, width, out);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Latents that && sameShape(that) && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "Latents[" + batch + ", " + channels + ", " + height + ", " + width + "]";
  }
}
