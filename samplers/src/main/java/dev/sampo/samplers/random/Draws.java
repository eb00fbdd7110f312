package dev.sampo.samplers.random;

import dev.sampo.error.RequestException;
import java.util.function.DoubleSupplier;
import java.util.function.LongUnaryOperator;

/** What NumPy's two generators draw in the same way from different words. */
final class Draws {
  private Draws() {}

  /** Fisher and Yates, from the end; {@code upTo} draws a number from 0 to its argument inclusive. */
  static long[] shuffled(int count, LongUnaryOperator upTo) {
    long[] order = new long[count];
    for (int i = 0; i < count; i++) {
      order[i] = i;
    }
    for (int i = count - 1; i >= 1; i--) {
      int j = (int) upTo.applyAsLong(i);
      long kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    return order;
  }

  /** Inverse transform: the first index whose cumulative probability exceeds a uniform. */
  static int[] choice(double[] p, int count, DoubleSupplier uniform) {
    double[] cumulative = new double[p.length];
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      if (!(p[i] >= 0)) {
        throw new RequestException(
            "probabilities",
            "choice wants probabilities of at least 0, got " + p[i] + " at index " + i + ".");
      }
      sum += p[i];
      cumulative[i] = sum;
    }
    if (!(Math.abs(sum - 1.0) <= 1e-8)) {
      throw new RequestException(
          "probabilities", "choice wants probabilities that sum to 1, got " + sum + ".");
    }
    for (int i = 0; i < p.length; i++) {
      cumulative[i] /= sum;
    }
    int[] drawn = new int[count];
    for (int k = 0; k < count; k++) {
      double u = uniform.getAsDouble();
      int index = 0;
      while (index < p.length - 1 && cumulative[index] <= u) {
        index++;
      }
      drawn[k] = index;
    }
    return drawn;
  }
}
