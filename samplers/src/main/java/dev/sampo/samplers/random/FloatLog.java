package dev.sampo.samplers.random;

/**
 * log(1 - u) in float arithmetic, rounded as glibc's {@code log1pf} rounds it: NumPy draws the tail of its float32 normals with
 * that function, and it is an ulp off the nearest float now and then.
 *
 * <p>The method is fdlibm's: 1 - u = 2^k (1 + f) with sqrt(1/2) < 1 + f < sqrt(2), then a polynomial in s = f / (2 + f).
 */
final class FloatLog {
  private static final float LN2_HIGH = Float.intBitsToFloat(0x3f317180);
  private static final float LN2_LOW = Float.intBitsToFloat(0x3717f7d1);

  /** Coefficients of z, z^2 ... in log(1 + f) = f - f^2/2 + s (f^2/2 + R(z)), z = s^2. */
  private static final float[] R = {
    Float.intBitsToFloat(0x3f2aaaab),
    Float.intBitsToFloat(0x3ecccccd),
    Float.intBitsToFloat(0x3e924925),
    Float.intBitsToFloat(0x3e638e29),
    Float.intBitsToFloat(0x3e3a3325),
    Float.intBitsToFloat(0x3e1cd04f),
    Float.intBitsToFloat(0x3e178897)
  };

  private FloatLog() {}

  /** log1p(-u) for 0 <= u < 1. */
  static float log1pOfNegative(float u) {
    float x = -u;
    if (u < 0x1p-29f) {
      return x;
    }
    if (u < 0.2929f) {
      return series(x, 0, 0f);
    }
    float v = 1f + x;
    int bits = Float.floatToIntBits(v);
    int k = (bits >> 23) - 127;
    // What 1 + x lost to rounding, relative.
    float lost = (x - (v - 1f)) / v;
    int mantissa = bits & 0x7fffff;
    boolean small = mantissa < 0x3504f7;
    float scaled = Float.intBitsToFloat(mantissa | (small ? 0x3f800000 : 0x3f000000));
    return series(scaled - 1f, small ? k : k + 1, lost);
  }

  private static float series(float f, int k, float lost) {
    if (f == 0f) {
      return k * LN2_HIGH + (lost + k * LN2_LOW);
    }
    float halfSquare = 0.5f * f * f;
    float s = f / (2f + f);
    float z = s * s;
    float r = R[6];
    for (int i = 5; i >= 0; i--) {
      r = R[i] + z * r;
    }
    r *= z;
    if (k == 0) {
      return f - (halfSquare - s * (halfSquare + r));
    }
    return k * LN2_HIGH - ((halfSquare - (s * (halfSquare + r) + (k * LN2_LOW + lost))) - f);
  }
}
