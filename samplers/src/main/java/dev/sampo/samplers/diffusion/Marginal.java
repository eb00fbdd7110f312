package dev.sampo.samplers.diffusion;

/**
 * The forward process at one time: x_t = alpha x0 + sigma eps.
 *
 * @param alpha scale of the clean sample
 * @param sigma standard deviation of the noise
 */
public record Marginal(double alpha, double sigma) {

  /** out = alpha x0 + sigma eps; {@code out} may be either input. */
  public void addNoise(float[] x0, float[] eps, float[] out) {
    addNoise(x0, eps, out, 0, out.length);
  }

  /** The target of v-prediction, v = alpha eps - sigma x0 (Salimans and Ho 2022, arXiv:2202.00512, appendix D). */
  public void velocity(float[] x0, float[] eps, float[] out) {
    new Marginal(alpha, -sigma).addNoise(eps, x0, out);
  }

  /** As {@link #addNoise(float[], float[], float[])} for elements [from, to) only. */
  public void addNoise(float[] x0, float[] eps, float[] out, int from, int to) {
    for (int j = from; j < to; j++) {
      out[j] = (float) (alpha * x0[j] + sigma * eps[j]);
    }
  }
}
