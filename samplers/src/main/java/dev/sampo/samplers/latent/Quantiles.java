package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;
import java.util.Arrays;

/** Quantiles of values, as {@code numpy.quantile} (linear interpolation) gives them. */
public final class Quantiles {
  private Quantiles() {}

  /**
   * The q-quantile.
   *
   * @param values in any order; not changed
   * @param q 0 (smallest) to 1 (largest)
   * @throws RequestException when there are no values, one is NaN, or q lies outside 0..1
   */
  public static double of(double[] values, double q) {
    return of(values, new double[] {q})[0];
  }

  /** Several quantiles of the same values. */
  public static double[] of(double[] values, double[] qs) {
    if (values.length == 0) {
      throw new RequestException(null, "There are no values to take quantiles of.");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    if (Double.isNaN(sorted[sorted.length - 1])) {
      throw new RequestException(null, "One of the values is NaN.");
    }
    double[] out = new double[qs.length];
    for (int i = 0; i < qs.length; i++) {
      out[i] = ofSorted(sorted, qs[i]);
    }
    return out;
  }

  private static double ofSorted(double[] sorted, double q) {
    if (!(q >= 0 && q <= 1)) {
      throw new RequestException(null, "A quantile lies in 0..1, got " + q + ".");
    }
    double at = q * (sorted.length - 1);
    int below = (int) Math.floor(at);
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
