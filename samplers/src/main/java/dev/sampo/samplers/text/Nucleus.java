package dev.sampo.samplers.text;

import java.util.Arrays;

/**
 * Which tokens a top-p keeps, without sorting the row: tokens are counted into buckets by their score, with their masses; only the bucket in which
 * the mass is reached is sorted. Masses are approximate; where they are too close to decide, the caller sorts after all.
 */
final class Nucleus {
  private static final int BUCKETS = 1024;
  private static final float PER_UNIT = 32f;

  /** Relative error of masses that is allowed for, several times what the approximation of exp makes. */
  private static final double DOUBT = 4e-5;

  private final double[] masses = new double[BUCKETS];
  private final int[] buckets = new int[Rows.BLOCK];
  private float[] members = new float[256];

  /**
   * The smallest score that is kept: tokens with at least this score are the nucleus. NaN if that cannot be told for sure.
   *
   * @param max the largest score of the row
   */
  float bound(float[] row, int offset, int length, float max, double topP) {
    double total = fill(row, offset, length, max);
    double drop = (1 - topP) * total;
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
      if (Math.abs(below - drop) <= DOUBT * total
          || i + 1 < count && members[i] == members[i + 1]) {
        if (below > drop + DOUBT * total) {
          return members[i]; // equal scores that are kept all the same
        }
        if (below >= drop - DOUBT * total * 2) {
          return Float.NaN;
        }
      }
      if (below > drop) {
        return members[i];
      }
    }
    return Float.NaN;
  }

  /** Adds each token's mass to its bucket; returns the whole mass. */
  private double fill(float[] row, int offset, int length, float max) {
    Arrays.fill(masses, 0);
    Rows.Scratch scratch = Rows.scratch();
    float[] block = scratch.block;
    float[] scores = scratch.lanes;
    double total = 0;
    for (int start = 0; start < length; start += Rows.BLOCK) {
      int count = Math.min(Rows.BLOCK, length - start);
      System.arraycopy(row, offset + start, block, 0, count);
      System.arraycopy(row, offset + start, scores, 0, count);
      Rows.approximateExp(block, count, max);
      for (int j = 0; j < count; j++) {
        scores[j] = Math.min((max - scores[j]) * PER_UNIT, BUCKETS - 1f);
      }
      for (int j = 0; j < count; j++) {
        buckets[j] = (int) scores[j];
      }
      for (int j = 0; j < count; j++) {
        masses[buckets[j]] += block[j];
      }
      total += Rows.sum(block, count);
    }
    return total;
  }

  private int members(float[] row, int offset, int length, float max, int bucket) {
    int count = 0;
    for (int i = offset; i < offset + length; i++) {
      if ((int) Math.min((max - row[i]) * PER_UNIT, BUCKETS - 1f) == bucket) {
        if (count == members.length) {
          members = Arrays.copyOf(members, 2 * count);
        }
        members[count++] = row[i];
      }
    }
    return count;
  }
}
