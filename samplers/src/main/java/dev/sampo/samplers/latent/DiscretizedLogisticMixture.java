package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;
import java.util.function.DoubleSupplier;

/**
 * A mixture of logistic distributions over the levels of one pixel (Salimans et al. 2017, PixelCNN++, arXiv:1701.05517, section
 * 2.1). The parameters of a pixel lie in the paper's order: K mixture logits, then for each channel K means, K log
 * scales and, with three channels, K coefficients (their tanh links green to red, and blue to red and green, section
 * 2.2). Pixels are scaled to -1..1.
 *
 * @param mixtures K
 * @param channels 1 (grey) or 3 (RGB)
 * @param levels how many values a channel takes, 256 for bytes
 */
public record DiscretizedLogisticMixture(int mixtures, int channels, int levels) {
  private static final double MIN_LOG_SCALE = -7;
  private static final double MIN_UNIFORM = 1e-5;

  public DiscretizedLogisticMixture {
    if (mixtures < 1 || (channels != 1 && channels != 3) || levels < 2) {
      throw new RequestException(
          null,
          "Wanted at least 1 mixture, 1 or 3 channels and at least 2 levels, got "
              + mixtures
              + ", "
              + channels
              + " and "
              + levels
              + ".");
    }
  }

  /** How many parameters a pixel has: 3K for grey, 10K for RGB. */
  public int parameterCount() {
    return channels == 1 ? 3 * mixtures : 10 * mixtures;
  }

  /**
   * Draws one pixel as levels 0..levels-1, one a channel.
   *
   * @param p parameters of the pixel: {@code p[offset + i * stride]}
   * @param temperature scales the spread of the logistics and divides the mixture's logits; 1 as trained
   */
  public int[] sample(
      float[] p, int offset, int stride, double temperature, DoubleSupplier uniform) {
    int k =
        new CategoricalSampler(temperature)
            .sample(p, offset, stride, mixtures, uniform.getAsDouble());
    double[] x = new double[channels];
    int[] out = new int[channels];
    for (int c = 0; c < channels; c++) {
      double u = Math.min(1 - MIN_UNIFORM, Math.max(MIN_UNIFORM, uniform.getAsDouble()));
      double scale = Math.exp(logScale(p, offset, stride, c, k)) * temperature;
      double value = mean(p, offset, stride, c, k, x) + scale * (Math.log(u) - Math.log(1 - u));
      value = Math.min(1, Math.max(-1, value));
      out[c] = (int) Math.rint((value + 1) / 2 * (levels - 1));
      // The next channel sees the value as it will be stored.
      x[c] = toUnit(out[c]);
    }
    return out;
  }

  /**
   * Log probability (nats) of one pixel: each level takes the mass of its bin, the first and the last one the tails. Divide
   * the negative mean by {@code channels * ln 2} for bits a dimension.
   */
  public double logProbability(float[] p, int offset, int stride, int[] level) {
    double[] x = new double[channels];
    for (int c = 0; c < channels; c++) {
      x[c] = toUnit(level[c]);
    }
    double[] terms = new double[mixtures];
    double[] logits = new double[mixtures];
    for (int k = 0; k < mixtures; k++) {
      logits[k] = p[offset + k * stride];
      terms[k] = logits[k];
      for (int c = 0; c < channels; c++) {
        double mean = mean(p, offset, stride, c, k, x);
        terms[k] += logMass(x[c], level[c], mean, Math.exp(-logScale(p, offset, stride, c, k)));
      }
    }
    return logSumExp(terms) - logSumExp(logits);
  }

  private double logMass(double x, int level, double mean, double inverseScale) {
    double half = 1.0 / (levels - 1);
    double upper = level == levels - 1 ? 1 : sigmoid((x + half - mean) * inverseScale);
    double lower = level == 0 ? 0 : sigmoid((x - half - mean) * inverseScale);
    if (upper - lower > 1e-12) {
      return Math.log(upper - lower);
    }
    // Far in a tail the difference vanishes: density at the middle of the bin, times its width.
    double y = (x - mean) * inverseScale;
    double logDensity = y + Math.log(inverseScale) - 2 * softplus(y);
    return logDensity + Math.log(2 * half);
  }

  private double mean(float[] p, int offset, int stride, int c, int k, double[] x) {
    double mean = p[offset + at(c, 0, k) * stride];
    if (c == 1) {
      mean += Math.tanh(p[offset + at(0, 2, k) * stride]) * x[0];
    } else if (c == 2) {
      mean += Math.tanh(p[offset + at(1, 2, k) * stride]) * x[0];
      mean += Math.tanh(p[offset + at(2, 2, k) * stride]) * x[1];
    }
    return mean;
  }

  private double logScale(float[] p, int offset, int stride, int c, int k) {
    return Math.max(MIN_LOG_SCALE, p[offset + at(c, 1, k) * stride]);
  }

  /** Where a mean (part 0), log scale (1) or coefficient (2) of a channel lies. */
  private int at(int c, int part, int k) {
    int parts = channels == 1 ? 2 : 3;
    return mixtures + (c * parts + part) * mixtures + k;
  }

  private double toUnit(int level) {
    return 2.0 * level / (levels - 1) - 1;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double softplus(double x) {
    return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
  }

  private static double logSumExp(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (double v : x) {
      max = Math.max(max, v);
    }
    double sum = 0;
    for (double v : x) {
      sum += Math.exp(v - max);
    }
    return max + Math.log(sum);
  }
}
