package dev.sampo.samplers.random;

import java.math.BigDecimal;
import java.math.MathContext;

/**
 * Tables of the ziggurat for the normal density with 256 strips of equal area. Marsaglia and Tsang 2000, "The Ziggurat Method
 * for Generating Random Variables", JSS 5(8), section 2, with Doornik's table of 52-bit integers.
 *
 * <p>R is where the tail begins, AREA the area of a strip: {@code R f(R) + integral of f from R} with f(x) = exp(-x^2 / 2). The
 * recursion of the paper runs from the tail inwards: x[i] = f^-1(AREA / x[i+1] + f(x[i+1])).
 */
final class Ziggurat {
  static final double R = 3.6541528853610088;
  static final double INVERSE_R = 0.27366123732975828;
  private static final double AREA = 0.004928673233974652;
  private static final int STRIPS = 256;
  private static final double UNIT_52 = 0x1p52;
  private static final double UNIT_23 = 0x1p23;

  /** A draw below K stands without another look; W scales a draw to x; F is the density at the strip's edge. */
  static final long[] K = new long[STRIPS];

  static final double[] W = new double[STRIPS];
  static final double[] F = new double[STRIPS];
  static final int[] K_FLOAT = new int[STRIPS];
  static final float[] W_FLOAT = new float[STRIPS];
  static final float[] F_FLOAT = new float[STRIPS];

  /** The one density in NumPy's table that is not rounded to nearest, but up. */
  private static final int ODD_ONE_OUT = 38;

  private static final MathContext DIGITS = new MathContext(40);

  private Ziggurat() {}

  /** Rounded to nearest: StrictMath may be an ulp off, and the recursion carries that on. */
  private static double exp(double x) {
    return exactExp(x).doubleValue();
  }

  /** Rounded to nearest, by one Newton step from the library's logarithm. */
  private static double log(double v) {
    double guess = StrictMath.log(v);
    BigDecimal e = exactExp(guess);
    return new BigDecimal(guess).add(new BigDecimal(v).subtract(e).divide(e, DIGITS)).doubleValue();
  }

  private static BigDecimal exactExp(double x) {
    BigDecimal sum = BigDecimal.ONE;
    BigDecimal term = BigDecimal.ONE;
    BigDecimal exact = new BigDecimal(x);
    for (int n = 1; n <= 80; n++) {
      term = term.multiply(exact, DIGITS).divide(new BigDecimal(n), DIGITS);
      sum = sum.add(term, DIGITS);
    }
    return sum;
  }

  static {
    double[] x = new double[STRIPS];
    x[255] = R;
    F[255] = exp(-0.5 * R * R);
    for (int i = 254; i > 0; i--) {
      x[i] = Math.sqrt(-2.0 * log(AREA / x[i + 1] + F[i + 1]));
      F[i] = exp(-0.5 * x[i] * x[i]);
      if (i == ODD_ONE_OUT) {
        F[i] = Math.nextUp(F[i]);
      }
    }
    F[0] = 1.0;
    // Strip 0 is the base with the tail: as wide as a rectangle of the same area.
    x[0] = AREA / F[255];
    K[0] = (long) Math.rint(R / x[0] * UNIT_52);
    K_FLOAT[0] = (int) Math.rint(R / x[0] * UNIT_23);
    for (int i = 1; i < 255; i++) {
      K[i + 1] = (long) Math.rint(x[i] / x[i + 1] * UNIT_52);
      K_FLOAT[i + 1] = (int) Math.rint(x[i] / x[i + 1] * UNIT_23);
    }
    for (int i = 0; i < STRIPS; i++) {
      W[i] = x[i] / UNIT_52;
      W_FLOAT[i] = (float) (x[i] / UNIT_23);
      F_FLOAT[i] = (float) F[i];
    }
  }
}
