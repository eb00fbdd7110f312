package dev.sampo.samplers.text.draw;

import java.util.Arrays;

/**
 * Which tokens a top-p keeps, without sorting the row: tokens are counted into buckets by their score, with their masses; only the bucket in which
 * the mass is reached is sorted. The answer is that of {@code TopP} over the whole row: where its roundings to float32 might decide, there is none,
 * and the caller has to sort.
 */
final class Nucleus {
  private static final int BUCKETS = 2048;
  private static final float PER_UNIT = 64f;

  /** Tokens that are further below the best one, minus infinity included, count as if they were there. */
  private static final float FURTHEST = (BUCKETS - 1) / PER_UNIT;

  /** exp of minus the middle of the bucket. */
  private static final double[] STEPS = new double[BUCKETS];

  static {
    for (int i = 0; i < BUCKETS; i++) {
      STEPS[i] = Math.exp(-(i + 0.5) / PER_UNIT);
    }
  }

  private final double[] masses = new double[BUCKETS];
  private float[] members = new float[256];
  private float bound;
  private int firstTie;

  /**
   * Finds the nucleus.
   *
   * @param max the largest score of the row, finite
   * @return false if the row has to be sorted to know
   */
  boolean find(float[] row, int offset, int length, float max, double topP) {
    double total = fill(row, offset, length, max);
    float limit = (float) (1 - topP);
    // TopP rounds each exponential, the total, each quotient and the running sum to float32. The
    // masses here are good to 1e-9.
    double error = 3e-7 * limit + 1e-9 + 2e-14 * length;
    double below = 0;
    int bucket = BUCKETS - 1;
    while (bucket > 0 && below + masses[bucket] <= limit * total) {
      below += masses[bucket--];
    }
    if (bucket == BUCKETS - 1) {
      return false;
    }
    int count = members(row, offset, length, max, bucket);
    Arrays.sort(members, 0, count);
    for (int i = 0; i < count; i++) {
      double sum = below + Math.exp(members[i] - max);
      boolean last = bucket == 0 && i == count - 1;
      if (last || sum / total > limit) {
        int ties = i;
        while (ties > 0 && members[ties - 1] == members[i]) {
          ties--;
        }
        bound = members[i];
        firstTie = i == ties ? 0 : position(row, offset, length, i - ties);
        return below / total < limit - error && (last || sum / total > limit + error);
      }
      below = sum;
    }
    return false;
  }

  /** The smallest score that is kept. */
  float bound() {
    return bound;
  }

  /** Of the tokens whose score is the bound those from this position on are kept. */
  int firstTie() {
    return firstTie;
  }

  /** The position of the tie before which there are {@code count}. */
  private int position(float[] row, int offset, int length, int count) {
    int left = count;
    for (int i = 0; i < length; i++) {
      if (row[offset + i] == bound && left-- == 0) {
        return i;
      }
    }
    return length;
  }

  /**
   * Adds each token's mass to its bucket; returns the whole mass. exp of -distance is that of the bucket's middle times that of what is left, at most a
   * 128th, by a polynomial of degree 3.
   */
  private double fill(float[] row, int offset, int length, float max) {
    Arrays.fill(masses, 0);
    float[] block = Rows.scratch().block;
    for (int start = 0; start < length; start += Rows.BLOCK) {
      int count = Math.min(Rows.BLOCK, length - start);
      System.arraycopy(row, offset + start, block, 0, count);
      for (int j = 0; j < count; j++) {
        block[j] = Math.min(max - block[j], FURTHEST) * PER_UNIT;
      }
      for (int j = 0; j < count; j++) {
        int bucket = (int) block[j];
        double z = (bucket + 0.5 - block[j]) * (1 / (double) PER_UNIT);
        masses[bucket] += STEPS[bucket] * (1 + z * (1 + z * (0.5 + z * (1 / 6.0))));
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
    float[] block = Rows.scratch().block;
    for (int start = 0; start < length; start += Rows.BLOCK) {
      int n = Math.min(Rows.BLOCK, length - start);
      System.arraycopy(row, offset + start, block, 0, n);
      for (int j = 0; j < n; j++) {
        block[j] = Math.min(max - block[j], FURTHEST) * PER_UNIT;
      }
      for (int j = 0; j < n; j++) {
        if (block[j] >= bucket && block[j] < bucket + 1) {
          if (count == members.length) {
            members = Arrays.copyOf(members, 2 * count);
          }
          members[count++] = row[offset + start + j];
        }
      }
    }
    return count;
  }
}
