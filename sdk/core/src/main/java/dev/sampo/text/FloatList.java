package dev.sampo.text;

import java.util.Arrays;

/** Floats that grow in number, without a copy for each. */
final class FloatList {
  private float[] values = new float[16];
  private int count;

  void add(float value) {
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
    }
    values[count++] = value;
  }

  float[] toArray() {
    return Arrays.copyOf(values, count);
  }
}
