package dev.sampo.samplers.text.draw;

import java.util.Arrays;

/**
 * The tokens of one row that are still possible, ids ascending, with their scores. What is not listed has score minus infinity.
 * Filters shrink it; after a top-k of 50 the rest of the chain costs next to nothing. Owned by one thread, reused from step to step.
 */
public final class Candidates {
  private int[] ids = new int[64];
  private float[] scores = new float[64];
  private float[] probabilities = new float[64];
  private long[] order = new long[64];
  private boolean[] removed = new boolean[64];
  private int count;

  /** Number of tokens left. */
  public int count() {
    return count;
  }

  /** The id of the i-th token left. */
  public int id(int i) {
    return ids[i];
  }

  /** The score of the i-th token left. */
  public float score(int i) {
    return scores[i];
  }

  /** Sets the score of the i-th token left. */
  public void setScore(int i, float score) {
    scores[i] = score;
  }

  /** Takes every token of a row whose score is not minus infinity. */
  public void load(float[] row, int offset, int length) {
    reserve(length);
    int n = 0;
    for (int i = 0; i < length; i++) {
      float score = row[offset + i];
      if (score != Float.NEGATIVE_INFINITY) {
        ids[n] = i;
        scores[n++] = score;
      }
    }
    count = n;
  }

  /**
   * Takes the k best tokens of a row and what is as good as the last of them or worse by a few bits only, so that a top-k after a division by
   * a temperature, which may make unequal scores equal, finds all it needs. One pass over the row.
   */
  public void loadTopK(float[] row, int offset, int length, int k) {
    count = 0;
    if (length < 8 * Rows.BLOCK || k > Rows.BLOCK / 8) {
      float bound = slack(Rows.kthLargest(row, offset, length, Math.min(k, length)));
      for (int i = 0; i < length; i++) {
        add(i, row[offset + i], bound);
      }
      return;
    }
    Rows.Scratch scratch = Rows.scratch();
    float[] lanes = Rows.laneMaxima(row, offset, length, scratch);
    // k lanes reach their k-th largest maximum, so k elements do: the k-th largest of all is no
    // smaller.
    System.arraycopy(lanes, 0, scratch.block, 0, Rows.BLOCK);
    float bound = slack(Rows.select(scratch.block, Rows.BLOCK, k));
    for (int j = 0; j < Rows.BLOCK; j++) {
      if (lanes[j] >= bound) {
        for (int i = j; i < length; i += Rows.BLOCK) {
          add(i, row[offset + i], bound);
        }
      }
    }
    float exact = slack(kthLargest(k));
    int n = 0;
    for (int i = 0; i < count; i++) {
      if (scores[i] >= exact) {
        ids[n] = ids[i];
        scores[n++] = scores[i];
      }
    }
    count = n;
    sortById();
  }

  private static float slack(float bound) {
    return bound - Math.abs(bound) * 1e-6f;
  }

  private void add(int id, float score, float bound) {
    if (score >= bound && score != Float.NEGATIVE_INFINITY) {
      if (count == ids.length) {
        reserve(2 * count);
      }
      ids[count] = id;
      scores[count++] = score;
    }
  }

  private void sortById() {
    for (int i = 0; i < count; i++) {
      order[i] = ((long) ids[i] << 32) | (Float.floatToRawIntBits(scores[i]) & 0xffffffffL);
    }
    Arrays.sort(order, 0, count);
    for (int i = 0; i < count; i++) {
      ids[i] = (int) (order[i] >>> 32);
      scores[i] = Float.intBitsToFloat((int) order[i]);
    }
  }

  /** Writes the row back: minus infinity where no token is left. */
  public void store(float[] row, int offset, int length) {
    Arrays.fill(row, offset, offset + length, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < count; i++) {
      row[offset + ids[i]] = scores[i];
    }
  }

  /** The largest score, minus infinity if nothing is left. */
  public float maxScore() {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, scores[i]);
    }
    return max;
  }

  /** The k-th largest score; the smallest if fewer are left. */
  public float kthLargest(int k) {
    if (count == 0) {
      return Float.NEGATIVE_INFINITY;
    }
    System.arraycopy(scores, 0, probabilities, 0, count);
    return Rows.select(probabilities, count, Math.min(k, count));
  }

  /** The softmax of the scores, float32; valid until the next call that changes this object. */
  public float[] probabilities() {
    float max = maxScore();
    double sum = 0;
    for (int i = 0; i < count; i++) {
      float e = (float) Math.exp(scores[i] - max);
      probabilities[i] = e;
      sum += e;
    }
    float total = (float) sum;
    for (int i = 0; i < count; i++) {
      probabilities[i] /= total;
    }
    return probabilities;
  }

  /** log of the sum of exp of the scores. */
  public double logSumExp() {
    double max = maxScore();
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.exp(scores[i] - max);
    }
    return max + Math.log(sum);
  }

  /** Index of the candidate at place {@code n} of the last {@link #sortAscending}. */
  public int at(int n) {
    return (int) order[n];
  }

  /** Sorts by {@code keys}, ascending, equal ones by id; read the result with {@link #at}. */
  public void sortAscending(float[] keys) {
    for (int i = 0; i < count; i++) {
      int bits = Float.floatToIntBits(keys[i] + 0f);
      order[i] = ((long) (bits ^ ((bits >> 31) & 0x7fffffff)) << 32) | i;
    }
    Arrays.sort(order, 0, count);
  }

  /**
   * Keeps the smallest set of best tokens whose probability reaches {@code topP}: from the worst token up, one is dropped while the
   * running sum is at most 1 - p.
   */
  public void keepNucleus(double topP, int minTokensToKeep) {
    sortAscending();
    float[] p = probabilities();
    float bound = (float) (1 - topP);
    double sum = 0;
    int droppable = count - minTokensToKeep;
    for (int n = 0; n < droppable; n++) {
      sum += p[at(n)];
      if (!((float) sum <= bound)) {
        break;
      }
      remove(at(n));
    }
    compact();
  }

  /** Sorts by score, ascending, equal ones by id; read the result with {@link #at}. */
  public void sortAscending() {
    sortAscending(scores);
  }

  /** Marks the i-th token left as one to drop; {@link #compact} drops it. */
  public void remove(int i) {
    removed[i] = true;
  }

  /** Takes the mark of {@link #remove} back. */
  public void keep(int i) {
    removed[i] = false;
  }

  /** Drops what was marked with {@link #remove}. */
  public void compact() {
    int n = 0;
    for (int i = 0; i < count; i++) {
      if (!removed[i]) {
        ids[n] = ids[i];
        scores[n++] = scores[i];
      }
      removed[i] = false;
    }
    count = n;
  }

  private void reserve(int capacity) {
    if (ids.length < capacity) {
      ids = Arrays.copyOf(ids, capacity);
      scores = Arrays.copyOf(scores, capacity);
      probabilities = Arrays.copyOf(probabilities, capacity);
      order = Arrays.copyOf(order, capacity);
      removed = Arrays.copyOf(removed, capacity);
    }
  }
}
