package dev.sampo.samplers.diffusion.math;

import dev.sampo.samplers.diffusion.PredictionType;

/** The clean sample that a model's answer stands for. */
public final class Originals {
  private Originals() {}

  /**
   * x0 of x = alpha x0 + sigma eps, into {@code out}. Where alpha is zero (the last time of a model trained to zero SNR) an eps says nothing of x0: as
   * in diffusers its sign is kept and its size is infinite, for clipping to make something of.
   */
  public static void predict(
      PredictionType type, double alpha, double sigma, float[] x, float[] m, float[] out) {
    if (alpha == 0 && type == PredictionType.EPSILON) {
      for (int j = 0; j < out.length; j++) {
        out[j] = (float) ((x[j] - sigma * m[j]) / alpha);
      }
      return;
    }
    Mix.into(
        out, type.originalFromSample(alpha, sigma), x, type.originalFromOutput(alpha, sigma), m);
  }
}
