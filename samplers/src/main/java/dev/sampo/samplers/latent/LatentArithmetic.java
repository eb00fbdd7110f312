package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;

/** Sums and differences of latents: "smiling woman - woman + man" (Radford et al. 2015, arXiv:1511.06434, section 6.3.2). */
public final class LatentArithmetic {
  private LatentArithmetic() {}

  /** The mean of some latents: of several examples of one attribute, as single ones are too noisy. */
  public static float[] mean(float[]... latents) {
    if (latents.length == 0) {
      throw new RequestException(null, "The mean of no latents is not defined.");
    }
    double[] sum = new double[latents[0].length];
    for (float[] z : latents) {
      checkLength(latents[0], z);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += z[i];
      }
    }
    float[] mean = new float[sum.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (sum[i] / latents.length);
    }
    return mean;
  }

  /** {@code start - without + with}. */
  public static float[] replace(float[] start, float[] without, float[] with) {
    checkLength(start, without);
    checkLength(start, with);
    float[] out = new float[start.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = start[i] - without[i] + with[i];
    }
    return out;
  }

  /** {@code start + scale * direction}. */
  public static float[] move(float[] start, float[] direction, double scale) {
    checkLength(start, direction);
    float[] out = new float[start.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) (start[i] + scale * direction[i]);
    }
    return out;
  }

  /**
   * The same direction with another norm: after arithmetic a latent is too long or too short for a generator that was
   * trained on N(0, I), whose draws have norms near {@code sqrt(size)}.
   *
   * @throws RequestException when the latent is zero
   */
  public static float[] withNorm(float[] latent, double norm) {
    double now = Interpolation.norm(latent);
    if (now == 0) {
      throw new RequestException(null, "A latent of zeros has no direction.");
    }
    float[] out = new float[latent.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) (latent[i] * (norm / now));
    }
    return out;
  }

  private static void checkLength(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new RequestException(
          null, "The latents have " + a.length + " and " + b.length + " values; wanted the same.");
    }
  }
}
