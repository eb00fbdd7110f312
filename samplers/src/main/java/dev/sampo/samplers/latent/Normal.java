package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;

/** The standard normal distribution: its mass and its quantiles. */
public final class Normal {
  private static final double SQRT_HALF = Math.sqrt(0.5);

  private Normal() {}

  /** P(X <= x), relative error below 1e-13 also far in the lower tail. */
  public static double cdf(double x) {
    return 0.5 * erfc(-x * SQRT_HALF);
  }

  /**
   * The x with P(X <= x) = p: Acklam's rational approximation (relative error 1.2e-9), then two steps of Halley's method on {@link
   * #cdf}, which leave some units in the last place.
   *
   * @param p a probability; 0 and 1 give the infinities
   */
  public static double quantile(double p) {
    if (!(p >= 0 && p <= 1)) {
      throw new RequestException(null, "A probability lies in 0..1, got " + p + ".");
    }
    if (p == 0 || p == 1) {
      return p == 0 ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (p > 0.5) {
      return -lower(1 - p);
    }
    return lower(p);
  }

  private static double lower(double p) {
    double x = p < 0.02425 ? tail(Math.sqrt(-2 * Math.log(p))) : centre(p - 0.5);
    for (int i = 0; i < 2; i++) {
      double e = cdf(x) - p;
      double u = e * Math.sqrt(2 * Math.PI) * Math.exp(x * x / 2);
      x -= u / (1 + x * u / 2);
    }
    return x;
  }

  private static double tail(double q) {
    double numerator =
        ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q
                            - 2.549732539343734)
                        * q
                    + 4.374664141464968)
                * q
            + 2.938163982698783;
    double denominator =
        (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q
                    + 3.754408661907416)
                * q
            + 1;
    return numerator / denominator;
  }

  private static double centre(double q) {
    double r = q * q;
    double numerator =
        ((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r
                            + 1.383577518672690e+02)
                        * r
                    - 3.066479806614716e+01)
                * r
            + 2.506628277459239;
    double denominator =
        ((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r
                            + 6.680131188771972e+01)
                        * r
                    - 1.328068155288572e+01)
                * r
            + 1;
    return q * numerator / denominator;
  }

  /** erfc by its series below 1.5 and by its continued fraction (Lentz) above. */
  static double erfc(double x) {
    if (x < 0) {
      return 2 - erfc(-x);
    }
    return x < 1.5 ? 1 - erfSeries(x) : erfcFraction(x);
  }

  /** {@code 2 / sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!}: all terms positive, nothing cancels. */
  private static double erfSeries(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; term > 1e-18 * sum; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  private static double erfcFraction(double x) {
    // erfc x = exp(-x^2) / sqrt(pi) * 1 / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...))))
    double f = x;
    for (int n = 120; n >= 1; n--) {
      f = x + n / 2.0 / f;
    }
    return Math.exp(-x * x) / (Math.sqrt(Math.PI) * f);
  }
}
