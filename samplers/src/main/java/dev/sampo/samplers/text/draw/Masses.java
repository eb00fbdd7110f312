package dev.sampo.samplers.text.draw;

import java.util.Arrays;

/** The masses exp(score - max) of one row, approximate as {@link Rows#approximateExp} makes them, for draws over a whole row. Reused from row to row. */
final class Masses {
  private final float[] sums = new float[Rows.BLOCK];
  private final float[] parts = new float[Rows.BLOCK];
  private final float[] signs = new float[Rows.BLOCK];
  private final float[] one = new float[1];
  private float[] values = new float[0];
  private int length;
  private float max;
  private float scale;
  private double total;

  /**
   * Takes a row.
   *
   * @param rowMax the largest score
   * @param rowScale multiplies the scores first
   * @param keepValues whether more than {@link #total} and {@link #pick} will be asked for
   */
  void load(
      float[] row, int offset, int rowLength, float rowMax, float rowScale, boolean keepValues) {
    length = rowLength;
    max = rowMax;
    scale = rowScale;
    if (keepValues && values.length < length) {
      values = new float[length];
    }
    float[] block = Rows.scratch().block;
    Arrays.fill(sums, 0);
    for (int start = 0; start < length; start += Rows.BLOCK) {
      int count = Math.min(Rows.BLOCK, length - start);
      System.arraycopy(row, offset + start, block, 0, count);
      Rows.approximateExp(block, count, max, scale);
      Rows.add(block, sums, count);
      if (keepValues) {
        System.arraycopy(block, 0, values, start, count);
      }
    }
    total = Rows.sum(sums);
  }

  /** The mass of each token, from position 0. */
  float[] values() {
    return values;
  }

  double total() {
    return total;
  }

  /**
   * The token at which the running sum passes {@code mass}. The order is that of lanes, of which the sums are known: lane j has the tokens j, j + BLOCK, j +
   * 2 BLOCK ...
   *
   * @param row the row that was loaded
   */
  int pick(float[] row, int offset, double mass) {
    double left = mass;
    int lane = 0;
    while (lane + 1 < Math.min(Rows.BLOCK, length) && left >= sums[lane]) {
      left -= sums[lane++];
    }
    int id = lane;
    left -= mass(row[offset + id]);
    while (left >= 0 && id + Rows.BLOCK < length) {
      id += Rows.BLOCK;
      left -= mass(row[offset + id]);
    }
    return id;
  }

  private float mass(float score) {
    one[0] = score;
    Rows.approximateExp(one, 1, max, scale);
    return one[0];
  }

  /** Sum of the masses that are larger than that of a token. */
  double above(int id) {
    return sumWherePositive(values[id], 1e30f);
  }

  /** Sum of the masses that are smaller than that of a token. */
  double below(int id) {
    return sumWherePositive(values[id], -1e30f);
  }

  /** Sum of the masses for which (mass - pivot) sign is positive, {@code sign} being huge. A comparison would not vectorise. */
  private double sumWherePositive(float pivot, float sign) {
    float[] block = Rows.scratch().block;
    Arrays.fill(parts, 0);
    for (int start = 0; start < length; start += Rows.BLOCK) {
      int count = Math.min(Rows.BLOCK, length - start);
      System.arraycopy(values, start, block, 0, count);
      for (int j = 0; j < count; j++) {
        signs[j] = (block[j] - pivot) * sign;
      }
      for (int j = 0; j < count; j++) {
        parts[j] += block[j] * Math.min(1f, signs[j] + Math.abs(signs[j]));
      }
    }
    return Rows.sum(parts);
  }
}
