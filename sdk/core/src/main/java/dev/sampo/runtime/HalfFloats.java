package dev.sampo.runtime;

/**
 * IEEE 754 binary16 and bfloat16 to and from float32, rounding to the nearest even. Written out because {@code Float.float16ToFloat} is
 * Java 20 and {@code android.util.Half} is not on a desktop.
 */
final class HalfFloats {
  private HalfFloats() {}

  static float fromFloat16(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1f;
    int mantissa = half & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | (mantissa << 13));
    }
    if (exponent == 0) {
      // Subnormal: mantissa * 2^-24, exact in float32.
      float value = mantissa * 0x1p-24f;
      return sign == 0 ? value : -value;
    }
    return Float.intBitsToFloat(sign | ((exponent + 112) << 23) | (mantissa << 13));
  }

  static short toFloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00 | ((magnitude >> 13) & 0x3ff));
    }
    if (magnitude >= 0x477ff000) {
      // 65520 and above round to infinity.
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x38800000) {
      // Below 2^-14: the result is subnormal; adding 0.5 makes float32 hardware round at 2^-24.
      int rounded = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + 0.5f);
      return (short) (sign | (rounded - 0x3f000000));
    }
    int odd = (magnitude >> 13) & 1;
    return (short) (sign | ((magnitude + 0xc8000fff + odd) >>> 13));
  }

  static float fromBfloat16(short half) {
    return Float.intBitsToFloat(half << 16);
  }

  static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }
}
