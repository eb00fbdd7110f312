package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;

/**
 * Ways between two latents. {@link #SPHERICAL} is the right one for normal latents of GANs: a straight line passes through
 * a region of small norm that the generator never saw (White 2016, arXiv:1609.04468). End points are exact.
 */
public enum Interpolation {
  /** {@code (1 - t) a + t b}. */
  LINEAR {
    @Override
    void mix(float[] a, float[] b, double t, float[] out) {
      for (int i = 0; i < out.length; i++) {
        out[i] = (float) ((1 - t) * a[i] + t * b[i]);
      }
    }
  },

  /**
   * Along the great circle: {@code (sin((1 - t) w) a + sin(t w) b) / sin w} with w the angle between the two. Shoemake 1985, section
   * 3.3; White 2016, arXiv:1609.04468; the slerp of diffusers. Equal norms are kept. As there, vectors whose cosine is above 0.9995 in
   * size are mixed linearly: nearly parallel ones, and opposite ones, which have no shortest arc; and those where one is zero.
   */
  SPHERICAL {
    @Override
    void mix(float[] a, float[] b, double t, float[] out) {
      double na = norm(a);
      double nb = norm(b);
      double cos = na == 0 || nb == 0 ? 1 : dot(a, b) / (na * nb);
      if (Math.abs(cos) > PARALLEL) {
        LINEAR.mix(a, b, t, out);
        return;
      }
      double w = Math.acos(cos);
      double ca = Math.sin((1 - t) * w) / Math.sin(w);
      double cb = Math.sin(t * w) / Math.sin(w);
      for (int i = 0; i < out.length; i++) {
        out[i] = (float) (ca * a[i] + cb * b[i]);
      }
    }
  };

  private static final double PARALLEL = 0.9995;

  abstract void mix(float[] a, float[] b, double t, float[] out);

  /**
   * The point at {@code t} of the way from {@code a} (t = 0) to {@code b} (t = 1).
   *
   * @throws RequestException when the lengths differ or t lies outside 0..1
   */
  public float[] at(float[] a, float[] b, double t) {
    if (a.length != b.length) {
      throw new RequestException(
          null, "The latents have " + a.length + " and " + b.length + " values; wanted the same.");
    }
    if (!(t >= 0 && t <= 1)) {
      throw new RequestException(null, "t lies in 0..1, got " + t + ".");
    }
    if (t == 0 || t == 1) {
      return (t == 0 ? a : b).clone();
    }
    float[] out = new float[a.length];
    mix(a, b, t, out);
    return out;
  }

  /**
   * {@code count} points from {@code a} to {@code b}, both included.
   *
   * @throws RequestException when count is below 2
   */
  public float[][] path(float[] a, float[] b, int count) {
    if (count < 2) {
      throw new RequestException(null, "A path has at least its two ends, got " + count + ".");
    }
    float[][] path = new float[count][];
    for (int i = 0; i < count; i++) {
      path[i] = at(a, b, (double) i / (count - 1));
    }
    return path;
  }

  static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  static double norm(float[] a) {
    return Math.sqrt(dot(a, a));
  }
}
