package dev.sampo.samplers.latent;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/** Statistics of samples, for tests. */
final class Statistics {
  private Statistics() {}

  static double mean(float[] x) {
    double sum = 0;
    for (float v : x) {
      sum += v;
    }
    return sum / x.length;
  }

  static double variance(float[] x) {
    double mean = mean(x);
    double sum = 0;
    for (float v : x) {
      sum += (v - mean) * (v - mean);
    }
    return sum / (x.length - 1);
  }

  /** The largest distance of the empirical distribution function from {@code cdf}. */
  static double kolmogorovSmirnov(float[] x, DoubleUnaryOperator cdf) {
    float[] sorted = x.clone();
    Arrays.sort(sorted);
    double worst = 0;
    for (int i = 0; i < sorted.length; i++) {
      double f = cdf.applyAsDouble(sorted[i]);
      worst = Math.max(worst, Math.max(f - (double) i / x.length, (i + 1.0) / x.length - f));
    }
    return worst;
  }

  /** The distance that a right sampler exceeds once in a thousand. */
  static double ksLimit(int n) {
    return 1.949 / Math.sqrt(n);
  }

  /** The sum of (seen - expected)^2 / expected. */
  static double chiSquare(int[] seen, double[] probabilities) {
    int total = Arrays.stream(seen).sum();
    double sum = 0;
    for (int i = 0; i < seen.length; i++) {
      double expected = total * probabilities[i];
      sum += (seen[i] - expected) * (seen[i] - expected) / expected;
    }
    return sum;
  }
}
