package dev.sampo.stroke;

import dev.sampo.samplers.random.TorchGenerator;

/**
 * Draws the next point of each drawing. Graves 2013, arXiv:1308.0850, eq. 23-25 with the bias of section 5.4 (eq. 61 and 62): sigma =
 * exp(logstd - b), pi = softmax((1 + b) logits); with sketch-RNN's temperature tau (arXiv:1704.03477, eq. 8) logits / tau and sigma^2 tau.
 */
final class PenMixture {
  private final int count;
  private final double sharpness;
  private final double spread;
  private final TorchGenerator generator;
  private final double[] choice;
  private final double[] place;

  /** Places of the last points in units, {@code [count][2]}. */
  final double[][] offsets;

  /** States of the pen after them: 0 down, 1 up, 2 the end. */
  final int[] states;

  PenMixture(int count, double bias, double temperature, TorchGenerator generator) {
    this.count = count;
    this.sharpness = (1 + bias) / temperature;
    this.spread = Math.exp(-bias) * Math.sqrt(temperature);
    this.generator = generator;
    this.choice = new double[count];
    this.place = new double[2 * count];
    this.offsets = new double[count][2];
    this.states = new int[count];
  }

  /**
   * One point for each drawing.
   *
   * @param logits {@code [count][parts]}
   * @param mean {@code [count][parts][2]}
   * @param logstd {@code [count][parts][2]}
   * @param correlation {@code [count][parts]}
   * @param pen {@code [count][3]}, or one score, of lifting the pen
   */
  void draw(float[] logits, float[] mean, float[] logstd, float[] correlation, float[] pen) {
    int parts = logits.length / count;
    generator.rand(choice);
    generator.randn(place);
    for (int i = 0; i < count; i++) {
      int k = i * parts + picked(logits, i * parts, parts, choice[i]);
      double rho = correlation[k];
      double zx = place[2 * i];
      double zy = rho * zx + Math.sqrt(Math.max(0, 1 - rho * rho)) * place[2 * i + 1];
      offsets[i][0] = mean[2 * k] + Math.exp(logstd[2 * k]) * spread * zx;
      offsets[i][1] = mean[2 * k + 1] + Math.exp(logstd[2 * k + 1]) * spread * zy;
    }
    generator.rand(choice);
    int width = pen.length / count;
    for (int i = 0; i < count; i++) {
      states[i] =
          width == 1
              ? (choice[i] < 1 / (1 + Math.exp(-sharpness * pen[i])) ? 1 : 0)
              : picked(pen, i * width, width, choice[i]);
    }
  }

  /** The first index at which the sum of the softmax exceeds {@code u}. */
  private int picked(float[] scores, int from, int n, double u) {
    double top = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < n; k++) {
      top = Math.max(top, scores[from + k]);
    }
    double total = 0;
    for (int k = 0; k < n; k++) {
      total += Math.exp(sharpness * (scores[from + k] - top));
    }
    double sum = 0;
    for (int k = 0; k < n - 1; k++) {
      sum += Math.exp(sharpness * (scores[from + k] - top));
      if (sum > u * total) {
        return k;
      }
    }
    return n - 1;
  }
}
