package dev.sampo.training.loss;

import dev.sampo.training.run.StepRandom;

/** The forward process of diffusion: cumulative signal per timestep, and the numbers that a batch needs. */
public final class NoiseSchedule {
  private final double[] alphasCumprod;

  private NoiseSchedule(double[] alphasCumprod) {
    this.alphasCumprod = alphasCumprod;
  }

  /** From betas, such as a scheduler's. */
  public static NoiseSchedule ofBetas(double... betas) {
    double[] bars = new double[betas.length];
    double product = 1;
    for (int i = 0; i < betas.length; i++) {
      product *= 1 - betas[i];
      bars[i] = product;
    }
    return new NoiseSchedule(bars);
  }

  /** Betas evenly spaced: Ho et al. 2020. */
  public static NoiseSchedule linear(int steps, double first, double last) {
    double[] betas = new double[steps];
    for (int i = 0; i < steps; i++) {
      betas[i] = first + (last - first) * i / (steps - 1);
    }
    return ofBetas(betas);
  }

  /** Square roots of betas evenly spaced: latent diffusion's. */
  public static NoiseSchedule scaledLinear(int steps, double first, double last) {
    double[] betas = new double[steps];
    double a = Math.sqrt(first);
    double b = Math.sqrt(last);
    for (int i = 0; i < steps; i++) {
      double root = a + (b - a) * i / (steps - 1);
      betas[i] = root * root;
    }
    return ofBetas(betas);
  }

  /** The squared-cosine schedule: Nichol and Dhariwal 2021, arXiv:2102.09672, eq. 17. */
  public static NoiseSchedule cosine(int steps) {
    double[] betas = new double[steps];
    for (int i = 0; i < steps; i++) {
      betas[i] = Math.min(1 - bar((i + 1.0) / steps) / bar((double) i / steps), 0.999);
    }
    return ofBetas(betas);
  }

  private static double bar(double t) {
    double c = Math.cos((t + 0.008) / 1.008 * Math.PI / 2);
    return c * c;
  }

  public int steps() {
    return alphasCumprod.length;
  }

  /** a of a timestep. */
  public double signalScale(int t) {
    return Math.sqrt(alphasCumprod[t]);
  }

  /** s of a timestep. */
  public double noiseScale(int t) {
    return Math.sqrt(1 - alphasCumprod[t]);
  }

  /** The signal-to-noise ratio. */
  public double snr(int t) {
    return alphasCumprod[t] / (1 - alphasCumprod[t]);
  }

  /** min(snr, gamma) / snr for epsilon, / (snr + 1) for v. Hang et al. 2023, arXiv:2303.09556. */
  public double minSnrWeight(int t, double gamma, DiffusionLoss prediction) {
    double snr = snr(t);
    return Math.min(snr, gamma) / (prediction == DiffusionLoss.V ? snr + 1 : snr);
  }

  /** A timestep for each sample, one out of each of {@code count} equal ranges: the loss varies less. */
  public int[] draw(StepRandom random, int count) {
    int[] result = new int[count];
    for (int i = 0; i < count; i++) {
      result[i] = Math.min(steps() - 1, (int) ((i + random.nextDouble()) * steps() / count));
    }
    return result;
  }
}
