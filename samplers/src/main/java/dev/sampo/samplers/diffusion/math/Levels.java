package dev.sampo.samplers.diffusion.math;

import dev.sampo.samplers.diffusion.Marginal;

/**
 * alpha, sigma and half log-SNR lambda = log(alpha / sigma) at each noise level of a schedule. For a diffusion the level is sigma /
 * alpha with alpha^2 + sigma^2 = 1; for a flow it is sigma with alpha = 1 - sigma; for EDM it is sigma with alpha = 1.
 */
public final class Levels {
  /** How a level becomes alpha and sigma. */
  public enum Kind {
    DIFFUSION,
    FLOW,
    EDM
  }

  private final double[] alpha;
  private final double[] sigma;
  private final double[] lambda;

  public Levels(float[] levels, Kind kind) {
    alpha = new double[levels.length];
    sigma = new double[levels.length];
    lambda = new double[levels.length];
    for (int i = 0; i < levels.length; i++) {
      double s = levels[i];
      alpha[i] =
          switch (kind) {
            case DIFFUSION -> 1 / Math.sqrt(s * s + 1);
            case FLOW -> 1 - s;
            case EDM -> 1;
          };
      sigma[i] = kind == Kind.DIFFUSION ? s * alpha[i] : s;
      lambda[i] = Math.log(alpha[i]) - Math.log(sigma[i]);
    }
  }

  public double alpha(int i) {
    return alpha[i];
  }

  public double sigma(int i) {
    return sigma[i];
  }

  public double lambda(int i) {
    return lambda[i];
  }

  public Marginal marginal(int i) {
    return new Marginal(alpha[i], sigma[i]);
  }
}
