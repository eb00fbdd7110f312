package dev.sampo.samplers.diffusion;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What a solver remembers between two steps: counters and whole samples. Copies in, compares by content. */
public final class SolverState {
  /** The state of a solver that remembers nothing. */
  public static final SolverState NONE = new SolverState(new int[0]);

  private final int[] counters;
  private final float[][] buffers;

  /** A state of counters and buffers, both copied. */
  public SolverState(int[] counters, float[]... buffers) {
    this.counters = Arrays.copyOf(counters, counters.length);
    this.buffers = copy(buffers);
  }

  /** A copy of the counters. */
  public int[] counters() {
    return Arrays.copyOf(counters, counters.length);
  }

  /** A copy of the buffers. */
  public float[][] buffers() {
    return copy(buffers);
  }

  private static float[][] copy(float[][] from) {
    float[][] copy = new float[from.length][];
    for (int i = 0; i < from.length; i++) {
      copy[i] = Arrays.copyOf(from[i], from[i].length);
    }
    return copy;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SolverState that
        && Arrays.equals(counters, that.counters)
        && Arrays.deepEquals(buffers, that.buffers);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(counters) + Arrays.deepHashCode(buffers);
  }

  @Override
  public String toString() {
    return "SolverState[counters="
        + Arrays.toString(counters)
        + ", buffers="
        + buffers.length
        + "]";
  }
}
