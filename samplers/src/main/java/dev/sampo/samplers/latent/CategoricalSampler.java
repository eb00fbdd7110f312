package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;

/**
 * Draws one of some levels from their logits: a pixel of a PixelCNN, a sample of a WaveNet.
 *
 * @param temperature divides the logits; below 1 sharper, 0 takes the largest
 */
public record CategoricalSampler(double temperature) {
  public CategoricalSampler {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new RequestException(null, "The temperature is at least 0, got " + temperature + ".");
    }
  }

  /**
   * The level k with F(k-1) <= u < F(k), F the cumulated softmax.
   *
   * @param logits where they lie
   * @param offset the first one
   * @param stride distance from one level to the next: a network's {@code [levels, height, width]} needs no copy
   * @param levels how many
   * @param u uniform in [0, 1)
   * @throws RequestException when a logit is NaN, or all are minus infinity
   */
  public int sample(float[] logits, int offset, int stride, int levels, double u) {
    int best = argmax(logits, offset, stride, levels);
    if (temperature == 0) {
      return best;
    }
    double max = logits[offset + best * stride];
    double total = 0;
    for (int k = 0; k < levels; k++) {
      total += Math.exp((logits[offset + k * stride] - max) / temperature);
    }
    double left = u * total;
    int last = best;
    for (int k = 0; k < levels; k++) {
      double p = Math.exp((logits[offset + k * stride] - max) / temperature);
      if (p > 0) {
        last = k;
      }
      left -= p;
      if (left < 0) {
        return k;
      }
    }
    return last;
  }

  /** As above for a row that starts at 0 without gaps. */
  public int sample(float[] logits, double u) {
    return sample(logits, 0, 1, logits.length, u);
  }

  /** {@code log softmax(logits)[level]} in nats, at temperature 1 whatever {@link #temperature} is. */
  public static double logProbability(
      float[] logits, int offset, int stride, int levels, int level) {
    double max = logits[offset + argmax(logits, offset, stride, levels) * stride];
    double total = 0;
    for (int k = 0; k < levels; k++) {
      total += Math.exp(logits[offset + k * stride] - max);
    }
    return logits[offset + level * stride] - max - Math.log(total);
  }

  private static int argmax(float[] logits, int offset, int stride, int levels) {
    int best = -1;
    for (int k = 0; k < levels; k++) {
      float l = logits[offset + k * stride];
      if (Float.isNaN(l) || l == Float.POSITIVE_INFINITY) {
        throw new RequestException(null, "The logit of level " + k + " is " + l + ".");
      }
      if (best < 0 || l > logits[offset + best * stride]) {
        best = k;
      }
    }
    if (best < 0 || logits[offset + best * stride] == Float.NEGATIVE_INFINITY) {
      throw new RequestException(null, "No level of " + levels + " has a finite logit.");
    }
    return best;
  }
}
