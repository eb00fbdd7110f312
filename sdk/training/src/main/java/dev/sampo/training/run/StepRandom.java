package dev.sampo.training.run;

/**
 * Random numbers of one step: SplitMix64 (Steele et al. 2014) started from a seed, a stream and the step's number. A
 * resumed run draws what the undisturbed one would have drawn, and nothing has to be saved for it.
 */
public final class StepRandom {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private long state;
  private double spare;
  private boolean hasSpare;

  /**
   * @param stream tells apart what draws in the same step
   */
  public StepRandom(long seed, String stream, long step) {
    state = mix(seed + GOLDEN * stream.hashCode()) ^ mix(step * GOLDEN + 1);
  }

  private static long mix(long z) {
    long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
    return x ^ (x >>> 31);
  }

  public long nextLong() {
    state += GOLDEN;
    return mix(state);
  }

  /** In [0, 1). */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /** In 0..bound-1. */
  public int nextInt(int bound) {
    return (int) (((nextLong() >>> 32) * bound) >>> 32);
  }

  /** Standard normal, by the polar method. */
  public double nextGaussian() {
    if (hasSpare) {
      hasSpare = false;
      return spare;
    }
    double x;
    double y;
    double s;
    do {
      x = 2 * nextDouble() - 1;
      y = 2 * nextDouble() - 1;
      s = x * x + y * y;
    } while (s >= 1 || s == 0);
    double factor = Math.sqrt(-2 * Math.log(s) / s);
    spare = y * factor;
    hasSpare = true;
    return x * factor;
  }

  /** Standard normal numbers. */
  public float[] gaussians(int count) {
    float[] result = new float[count];
    for (int i = 0; i < count; i++) {
      result[i] = (float) nextGaussian();
    }
    return result;
  }

  /** 0..n-1 in random order. */
  public int[] permutation(int n) {
    int[] result = new int[n];
    for (int i = 0; i < n; i++) {
      int j = nextInt(i + 1);
      result[i] = result[j];
      result[j] = i;
    }
    return result;
  }
}
