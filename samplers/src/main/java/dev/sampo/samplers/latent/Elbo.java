package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;

/**
 * The terms of a VAE's evidence lower bound for one sample, in nats (Kingma and Welling 2013, arXiv:1312.6114, eq. 10): {@code ELBO =
 * -reconstruction - kl}.
 *
 * @param reconstruction {@code -log p(x|z)}
 * @param kl {@code KL(q(z|x) || N(0, I))}
 */
public record Elbo(double reconstruction, double kl) {
  /** The bound on {@code log p(x)}. */
  public double elbo() {
    return -reconstruction - kl;
  }

  /** {@code 1/2 sum(mean^2 + exp(logvar) - 1 - logvar)} (appendix B). */
  public static double kl(float[] mean, float[] logvar) {
    if (mean.length != logvar.length) {
      throw new RequestException(
          null,
          "mean has " + mean.length + " values and logvar " + logvar.length + "; wanted the same.");
    }
    double sum = 0;
    for (int i = 0; i < mean.length; i++) {
      sum += (double) mean[i] * mean[i] + Math.exp(logvar[i]) - 1 - logvar[i];
    }
    return sum / 2;
  }

  /**
   * Bernoulli pixels (binary cross entropy): {@code -sum x log y + (1 - x) log(1 - y)}, logarithms cut at -100 as PyTorch's {@code
   * binary_cross_entropy} does.
   *
   * @param x the picture, 0..1
   * @param y its reconstruction, 0..1
   */
  public static double bernoulli(float[] x, float[] y) {
    checkSame(x, y);
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      double on = Math.max(-100, Math.log(y[i]));
      double off = Math.max(-100, Math.log1p(-y[i]));
      sum -= x[i] * on + (1 - x[i]) * off;
    }
    return sum;
  }

  /** Gaussian pixels: {@code sum (x - y)^2 / (2 sigma^2) + log sigma + 1/2 log 2 pi}. */
  public static double gaussian(float[] x, float[] y, double sigma) {
    checkSame(x, y);
    if (!(sigma > 0)) {
      throw new RequestException(null, "sigma is above 0, got " + sigma + ".");
    }
    double squares = 0;
    for (int i = 0; i < x.length; i++) {
      double d = (double) x[i] - y[i];
      squares += d * d;
    }
    return squares / (2 * sigma * sigma)
        + x.length * (Math.log(sigma) + 0.5 * Math.log(2 * Math.PI));
  }

  /** The reparameterisation: {@code z = mean + exp(logvar / 2) noise} (section 2.4). */
  public static float[] reparameterise(float[] mean, float[] logvar, float[] noise) {
    checkSame(mean, logvar);
    checkSame(mean, noise);
    float[] z = new float[mean.length];
    for (int i = 0; i < z.length; i++) {
      z[i] = (float) (mean[i] + Math.exp(0.5 * logvar[i]) * noise[i]);
    }
    return z;
  }

  private static void checkSame(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new RequestException(
          null, "Got " + a.length + " and " + b.length + " values; wanted the same number.");
    }
  }
}
