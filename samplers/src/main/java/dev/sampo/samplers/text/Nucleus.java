package dev.sampo.samplers.text;

import java.util.Arrays;

/**
 * Which tokens a top-p keeps, without sorting the row: tokens are counted into buckets by their score, with their masses; only the bucket in which
 * the mass is reached is sorted. Masses are good to about 1e-9. Only where the limit falls between equal scores does the caller have to sort after all.
 */
final class Nucleus {
  private static final int BUCKETS = 1024;
  private static final float PER_UNIT = 32f;

  /** exp(-i / 32). */
  private static final double[] STEPS = new double[BUCKETS];

  static {
    for (int i = 0; i < BUCKETS; i++) {
      STEPS[i] = Math.exp(-i / (double) PER_UNIT);
    }
  }

  private final double[] masses = new double[BUCKETS];
  private float[] members = new float[256];

  /**
   * The smallest score that is kept: tokens with at least this score are the nucleus. NaN if of equal scores some are kept and some are not.
   *
   * @param max the largest score of the row
   */
  float bound(float[] row, int offset, int length, float max, double topP) {
    double total = fill(row, offset, length, max);
    float limit = (float) (1 - topP);
    double drop = limit * total;
    // From the worst bucket up: what a bucket and all worse ones hold.
    double below = 0;
    int bucket = BUCKETS - 1;
    while (bucket > 0 && below + masses[bucket] <= drop) {
      below += masses[bucket--];
    }
    int count = members(row, offset, length, max, bucket);
    Arrays.sort(members, 0, count);
    for (int i = 0; i < count; i++) {
      below += Math.exp(members[i] - max);
      // The running sum in float32, as the reference compares it.
      if ((float) (below / total) > limit) {
        return i > 0 && members[i] == members[i - 1] ? Float.NaN : members[i];
      }
    }
    return bucket == 0 ? max : Float.NaN;
  }

  /**
   * Adds each token's mass to its bucket; returns the whole mass. exp of -distance is that of the bucket's edge times that of what is left, at most a
   * 32nd, by a polynomial of degree 4.
   */
  private double fill(float[] row, int offset, int length, float max) {
    Arrays.fill(masses, 0);
    float[] block = Rows.scratch().block;
    for (int start = 0; start < length; start += Rows.BLOCK) {
      int count = Math.min(Rows.BLOCK, length - start);
      System.arraycopy(row, offset + start, block, 0, count);
      for (int j = 0; j < count; j++) {
        block[j] = Math.min(max - block[j], (BUCKETS - 1) / PER_UNIT);
      }
      for (int j = 0; j < count; j++) {
        int bucket = (int) (block[j] * PER_UNIT);
        double z = bucket / (double) PER_UNIT - block[j];
        masses[bucket] +=
            STEPS[bucket] * (1 + z * (1 + z * (0.5 + z * (1 / 6.0 + z * (1 / 24.0)))));
      }
    }
    double total = 0;
    for (double mass : masses) {
      total += mass;
    }
    return total;
  }

  private int members(float[] row, int offset, int length, float max, int bucket) {
    int count = 0;
    for (int i = offset; i < offset + length; i++) {
      if ((int) (Math.min(max - row[i], (BUCKETS - 1) / PER_UNIT) * PER_UNIT) == bucket) {
        if (count == members.length) {
          members = Arrays.copyOf(members, 2 * count);
        }
        members[count++] = row[i];
      }
    }
    return count;
  }
}
