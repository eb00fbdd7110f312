package dev.sampo.text.decoding;

import java.util.Arrays;

/** Floats that grow in number, without a copy for each. */
public final class FloatList {
  private float[] values = new float[16];
  private int count;

  public void add(float value) {
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
    }
    values[count++] = value;
  }

  public float[] toArray() {
    return Arrays.copyOf(values, count);
  }
}
