package dev.sampo.samplers.diffusion.math;

import dev.sampo.samplers.diffusion.SolverState;

/** The last few whole samples, newest first, in buffers that go round. */
public final class History {
  private final float[][] ring;
  private int count;

  public History(int capacity, int length) {
    ring = new float[capacity][length];
  }

  /** Number of samples that are held. */
  public int count() {
    return count;
  }

  /** Number of samples ever pushed, up to the capacity; and the k-th newest of them. */
  public float[] get(int k) {
    return ring[k];
  }

  /** Makes room for a newest sample and gives its buffer, to be filled by the caller. */
  public float[] push() {
    float[] oldest = ring[ring.length - 1];
    System.arraycopy(ring, 0, ring, 1, ring.length - 1);
    ring[0] = oldest;
    count = Math.min(count + 1, ring.length);
    return oldest;
  }

  /** Saves the held samples with the solver's own counters and buffers. */
  public SolverState save(int[] counters, float[]... more) {
    int[] all = new int[counters.length + 1];
    all[0] = count;
    System.arraycopy(counters, 0, all, 1, counters.length);
    float[][] buffers = new float[ring.length + more.length][];
    System.arraycopy(ring, 0, buffers, 0, ring.length);
    System.arraycopy(more, 0, buffers, ring.length, more.length);
    return new SolverState(all, buffers);
  }

  /** Takes back what {@link #save} gave; the solver's own buffers are filled, its counters returned. */
  public int[] restore(SolverState state, float[]... more) {
    int[] all = state.counters();
    float[][] buffers = state.buffers();
    count = all[0];
    for (int k = 0; k < ring.length; k++) {
      System.arraycopy(buffers[k], 0, ring[k], 0, ring[k].length);
    }
    for (int k = 0; k < more.length; k++) {
      System.arraycopy(buffers[ring.length + k], 0, more[k], 0, more[k].length);
    }
    return java.util.Arrays.copyOfRange(all, 1, all.length);
  }
}
