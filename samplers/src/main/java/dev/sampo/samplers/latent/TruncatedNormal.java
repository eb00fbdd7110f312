package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;
import java.util.function.DoubleSupplier;

/**
 * The truncation trick of GANs: z is drawn from N(0, 1) cut off at plus and minus a threshold, which trades variety for
 * quality (Brock et al. 2018, BigGAN, arXiv:1809.11096, section 3.1).
 *
 * <p>Two ways to draw it are in use, and they give different numbers from the same seed:
 *
 * <ul>
 *   <li>{@link #fill} inverts the distribution function, as {@code scipy.stats.truncnorm.rvs} does and with it the published BigGAN
 *       samplers ({@code truncation * truncnorm.rvs(-2, 2, size)} under {@code numpy.random.RandomState(seed)}): feed it {@code
 *       new NumpyRandomState(seed)::nextDouble} and threshold 2, and the values are those of SciPy to 1e-12. {@link #BIGGAN} is that.
 *   <li>{@link #resample} draws values that lie outside again, as the paper words it.
 * </ul>
 *
 * @param threshold where the distribution is cut, in standard deviations; above 0
 * @param scale what every value is multiplied with after that (BigGAN's "truncation", 0..1); above 0
 */
public record TruncatedNormal(double threshold, double scale) {
  /** Cut at 2, not scaled. */
  public static final TruncatedNormal BIGGAN = new TruncatedNormal(2, 1);

  private static final int MAX_DRAWS = 10_000;

  public TruncatedNormal {
    if (!(threshold > 0) || !(scale > 0)) {
      throw new RequestException(
          null, "threshold and scale are above 0, got " + threshold + " and " + scale + ".");
    }
  }

  /** BigGAN's sampler: {@code truncation * truncnorm(-2, 2)}. */
  public static TruncatedNormal bigGan(double truncation) {
    return new TruncatedNormal(2, truncation);
  }

  /** Fills the array by inversion: x = F^-1(F(-c) + u (F(c) - F(-c))), one uniform a value. */
  public void fill(float[] out, DoubleSupplier uniform) {
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) next(uniform);
    }
  }

  /** One value by inversion. */
  public double next(DoubleSupplier uniform) {
    double low = Normal.cdf(-threshold);
    double u = uniform.getAsDouble();
    // The symmetric half keeps its digits where 1 - p would lose them.
    double x =
        u <= 0.5
            ? Normal.quantile(low + u * (1 - 2 * low))
            : -Normal.quantile(low + (1 - u) * (1 - 2 * low));
    return scale * Math.min(threshold, Math.max(-threshold, x));
  }

  /**
   * Fills the array by rejection: normals outside the threshold are drawn again.
   *
   * @throws IllegalStateException when the source never comes inside (a threshold so small that nearly nothing is)
   */
  public void resample(float[] out, DoubleSupplier normal) {
    for (int i = 0; i < out.length; i++) {
      double x = normal.getAsDouble();
      for (int n = 0; Math.abs(x) > threshold; n++) {
        if (n == MAX_DRAWS) {
          throw new IllegalStateException(
              "No draw in "
                  + MAX_DRAWS
                  + " lies within "
                  + threshold
                  + ". Use fill, which inverts.");
        }
        x = normal.getAsDouble();
      }
      out[i] = (float) (scale * x);
    }
  }
}
