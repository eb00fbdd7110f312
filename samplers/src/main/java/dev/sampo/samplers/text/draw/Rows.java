package dev.sampo.samplers.text.draw;

import dev.sampo.error.RequestException;
import java.util.Arrays;

/**
 * Arithmetic over one row of scores, written so that the JIT vectorises it: blocks go through a scratch array, and the loops
 * index plainly from 0. (An index such as {@code row[offset + j]} made argmax six times slower.)
 *
 * <p>Rows are {@code row[offset .. offset + length - 1]}. Sums are in double.
 */
public final class Rows {
  static final int BLOCK = 2048;
  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private Rows() {}

  /** Reused by one thread, so that a step allocates nothing. */
  static final class Scratch {
    final float[] block = new float[BLOCK];
    final float[] lanes = new float[BLOCK];
    float[] values = new float[0];

    float[] values(int length) {
      if (values.length < length) {
        values = new float[length];
      }
      return values;
    }
  }

  static Scratch scratch() {
    return SCRATCH.get();
  }

  /** Position (from 0) of the first largest score. NaN never wins. */
  public static int argmax(float[] row, int offset, int length) {
    if (length < 2 * BLOCK) {
      return argmaxPlain(row, offset, length);
    }
    float[] lanes = laneMaxima(row, offset, length, scratch());
    float max = Float.NEGATIVE_INFINITY;
    for (int j = 0; j < BLOCK; j++) {
      max = lanes[j] > max ? lanes[j] : max;
    }
    int best = Integer.MAX_VALUE;
    for (int j = 0; j < BLOCK; j++) {
      if (lanes[j] == max || Float.isNaN(lanes[j])) {
        for (int i = j; i < length; i += BLOCK) {
          if (row[offset + i] >= max) {
            if (row[offset + i] > max) {
              return argmaxPlain(row, offset, length); // a lane with NaN hid something
            }
            best = Math.min(best, i);
            break;
          }
        }
      }
    }
    return best == Integer.MAX_VALUE ? 0 : best;
  }

  private static int argmaxPlain(float[] row, int offset, int length) {
    int best = 0;
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < length; i++) {
      float value = row[offset + i];
      if (value > max) {
        max = value;
        best = i;
      }
    }
    return best;
  }

  /** The largest score; NaN if one is among them. */
  public static float max(float[] row, int offset, int length) {
    float max = Float.NEGATIVE_INFINITY;
    if (length < 2 * BLOCK) {
      for (int i = 0; i < length; i++) {
        max = Math.max(max, row[offset + i]);
      }
      return max;
    }
    float[] lanes = laneMaxima(row, offset, length, scratch());
    for (int j = 0; j < BLOCK; j++) {
      max = Math.max(max, lanes[j]);
    }
    return max;
  }

  /** The largest score of a row to draw from. */
  static float checkedMax(float[] row, int offset, int length) {
    return checked(max(row, offset, length));
  }

  /**
   * Returns the largest score of a row to draw from.
   *
   * @throws RequestException if a row with this largest score has no probabilities
   */
  public static float checked(float max) {
    if (Float.isNaN(max) || max == Float.POSITIVE_INFINITY) {
      throw new RequestException(
          null,
          "Scores with "
              + (Float.isNaN(max) ? "NaN" : "infinity")
              + " among them give no probabilities to draw from. Set remove_invalid_values to"
              + " replace such scores, and look for overflow in the model, which float16 graphs are"
              + " prone to.");
    }
    return max;
  }

  /**
   * Refuses a row with NaN among its scores: no comparison finds a best one there.
   *
   * @throws RequestException if there is one
   */
  public static void checkNumbers(float[] row, int offset, int length) {
    float max = max(row, offset, length);
    if (Float.isNaN(max)) {
      checked(max);
    }
  }

  /** Lane j holds the largest of the scores j, j + BLOCK, j + 2 BLOCK ... */
  static float[] laneMaxima(float[] row, int offset, int length, Scratch scratch) {
    float[] lanes = scratch.lanes;
    float[] block = scratch.block;
    System.arraycopy(row, offset, lanes, 0, BLOCK);
    int start = BLOCK;
    for (; start + BLOCK <= length; start += BLOCK) {
      System.arraycopy(row, offset + start, block, 0, BLOCK);
      for (int j = 0; j < BLOCK; j++) {
        lanes[j] = Math.max(lanes[j], block[j]);
      }
    }
    int rest = length - start;
    System.arraycopy(row, offset + start, block, 0, rest);
    for (int j = 0; j < rest; j++) {
      lanes[j] = Math.max(lanes[j], block[j]);
    }
    return lanes;
  }

  /** Divides every score, as {@code scores / divisor} in float32. */
  public static void divide(float[] row, int offset, int length, float divisor) {
    float[] block = scratch().block;
    for (int start = 0; start < length; start += BLOCK) {
      int count = Math.min(BLOCK, length - start);
      System.arraycopy(row, offset + start, block, 0, count);
      for (int j = 0; j < count; j++) {
        block[j] = block[j] / divisor;
      }
      System.arraycopy(block, 0, row, offset + start, count);
    }
  }

  /** Turns scores into log-probabilities; in rows of 8,192 and more all of them may be off by the same 4e-6. */
  public static void logSoftmax(float[] row, int offset, int length) {
    double max = max(row, offset, length);
    double mass =
        length < 4 * BLOCK
            ? sumOfExp(row, offset, length, (float) max)
            : approximateMass(row, offset, length, (float) max, 1);
    double logSum = Math.log(mass);
    float[] block = scratch().block;
    float shift = (float) (max + logSum);
    for (int start = 0; start < length; start += BLOCK) {
      int count = Math.min(BLOCK, length - start);
      System.arraycopy(row, offset + start, block, 0, count);
      for (int j = 0; j < count; j++) {
        block[j] = block[j] - shift;
      }
      System.arraycopy(block, 0, row, offset + start, count);
    }
  }

  /** The log-probability of one token of a row of scores. */
  public static double logProbability(float[] row, int offset, int length, int id) {
    float max = max(row, offset, length);
    return row[offset + id] - (max + Math.log(sumOfExp(row, offset, length, max)));
  }

  /**
   * Replaces the first {@code count} scores by exp(scale (score - max)), to 1e-5 of each down to e^-16, 5e-3 down to e^-32, and 2e-6 of their sum: a
   * polynomial of degree 4 at a 64th of the argument, squared six times, which the JIT vectorises. Its coefficients have the least relative error from -1/4 to
   * 0. Scores more than 32 below count as 32 below, minus infinity too. Good for masses and for ruling out; what decides is computed exactly.
   */
  static void approximateExp(float[] block, int count, float max, float scale) {
    float part = scale / 64f;
    float least = -32f / scale;
    for (int j = 0; j < count; j++) {
      float z = Math.max(block[j] - max, least) * part;
      float e = 1 + z * (0.99999696f + z * (0.49990398f + z * (0.1655997f + z * 0.03674677f)));
      e *= e;
      e *= e;
      e *= e;
      e *= e;
      e *= e;
      e *= e;
      block[j] = e;
    }
  }

  /** Sum of exp(scale (score - max)), to about 4e-6 of it. */
  static double approximateMass(float[] row, int offset, int length, float max, float scale) {
    Scratch scratch = scratch();
    float[] block = scratch.block;
    float[] sums = scratch.lanes;
    Arrays.fill(sums, 0);
    for (int start = 0; start < length; start += BLOCK) {
      int count = Math.min(BLOCK, length - start);
      System.arraycopy(row, offset + start, block, 0, count);
      approximateExp(block, count, max, scale);
      add(block, sums, count);
    }
    return sum(sums);
  }

  /** Adds the first {@code count} of one array to another. */
  static void add(float[] block, float[] sums, int count) {
    for (int j = 0; j < count; j++) {
      sums[j] += block[j];
    }
  }

  static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  /** Sum of exp(score - max). */
  public static double sumOfExp(float[] row, int offset, int length, float max) {
    double sum = 0;
    for (int i = 0; i < length; i++) {
      sum += Math.exp(row[offset + i] - max);
    }
    return sum;
  }

  /** Turns scores into probabilities, float32 as torch's softmax gives them (to the last bit or two). */
  public static void softmax(float[] row, int offset, int length) {
    float max = max(row, offset, length);
    double sum = 0;
    for (int i = 0; i < length; i++) {
      float e = (float) Math.exp(row[offset + i] - max);
      row[offset + i] = e;
      sum += e;
    }
    divide(row, offset, length, (float) sum);
  }

  /**
   * The k-th largest score, counting equal ones as often as they occur.
   *
   * @param k from 1 to {@code length}
   */
  public static float kthLargest(float[] row, int offset, int length, int k) {
    Scratch scratch = scratch();
    if (length >= 8 * BLOCK && k <= BLOCK / 8) {
      float[] lanes = laneMaxima(row, offset, length, scratch);
      // The k-th largest of the lanes' maxima is no larger than the k-th largest of all: k elements
      // reach it.
      float bound = select(Arrays.copyOf(lanes, BLOCK), BLOCK, k);
      float[] values = scratch.values(length);
      int count = 0;
      for (int j = 0; j < BLOCK; j++) {
        if (lanes[j] >= bound) {
          for (int i = j; i < length; i += BLOCK) {
            float value = row[offset + i];
            if (value >= bound) {
              values[count++] = value;
            }
          }
        }
      }
      if (count >= k) { // fewer: NaN among the scores
        return select(values, count, k);
      }
    }
    float[] values = scratch.values(length);
    System.arraycopy(row, offset, values, 0, length);
    return select(values, length, k);
  }

  /** k-th largest of values[0..count-1]; reorders them. Quick-select with the middle of three as pivot. */
  static float select(float[] values, int count, int k) {
    int low = 0;
    int high = count - 1;
    int target = k - 1;
    while (low < high) {
      float pivot = middle(values[low], values[(low + high) >>> 1], values[high]);
      int i = low;
      int j = high;
      while (i <= j) {
        while (values[i] > pivot) {
          i++;
        }
        while (values[j] < pivot) {
          j--;
        }
        if (i <= j) {
          float swap = values[i];
          values[i++] = values[j];
          values[j--] = swap;
        }
      }
      if (target <= j) {
        high = j;
      } else if (target >= i) {
        low = i;
      } else {
        return values[target];
      }
    }
    return values[target];
  }

  private static float middle(float a, float b, float c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  /**
   * The k largest scores, best first, equal ones by position.
   *
   * @param k at most {@code length}
   * @param positions receives k positions, from 0
   * @param values receives k scores
   */
  public static void topK(
      float[] row, int offset, int length, int k, int[] positions, float[] values) {
    float bound = kthLargest(row, offset, length, k);
    long[] keys = new long[Math.min(length, 2 * k + 16)];
    int count = 0;
    for (int i = 0; i < length; i++) {
      float score = row[offset + i];
      if (score >= bound) {
        if (count == keys.length) {
          keys = Arrays.copyOf(keys, 2 * count);
        }
        int bits = Float.floatToIntBits(score + 0f);
        // Descending by score, then ascending by position.
        keys[count++] = ((long) ~(bits ^ ((bits >> 31) & 0x7fffffff)) << 32) | i;
      }
    }
    Arrays.sort(keys, 0, count);
    for (int n = 0; n < k; n++) {
      positions[n] = (int) keys[n];
      values[n] = row[offset + positions[n]];
    }
  }
}
