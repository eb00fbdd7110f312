package dev.sampo.samplers.random;

import dev.sampo.error.RequestException;

/**
 * NumPy's legacy generator: the same numbers as {@code numpy.random.RandomState(seed)}.
 *
 * <p>A Mersenne Twister; normals by Marsaglia's polar method, the second of each pair kept for the next call; integers by
 * masking and rejection. float32 arrays are float64 draws that were rounded, as {@code astype(numpy.float32)}.
 *
 * <p>Not thread-safe: a generator belongs to one run.
 */
public final class NumpyRandomState implements NoiseSource {
  private Mt19937 engine;
  private double spareNormal;
  private boolean hasSpareNormal;

  /**
   * A fresh generator.
   *
   * @throws RequestException unless 0 <= seed < 2^32
   */
  public NumpyRandomState(long seed) {
    if (seed < 0 || seed > 0xffffffffL) {
      throw new RequestException(
          "seed", "RandomState takes a seed from 0 to 4294967295, got " + seed + ".");
    }
    this.engine = new Mt19937(seed);
  }

  /** A copy that goes on with the same numbers, independent of this one. */
  public NumpyRandomState copy() {
    NumpyRandomState copy = new NumpyRandomState(0);
    copy.engine = new Mt19937(engine.words(), engine.next());
    copy.spareNormal = spareNormal;
    copy.hasSpareNormal = hasSpareNormal;
    return copy;
  }

  /** A double in [0, 1) with 53 random bits. */
  public double nextDouble() {
    int a = engine.nextInt() >>> 5;
    int b = engine.nextInt() >>> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
  }

  /** One standard normal. Marsaglia and Bray 1964, the polar method. */
  public double nextGaussian() {
    if (hasSpareNormal) {
      hasSpareNormal = false;
      return spareNormal;
    }
    double x1;
    double x2;
    double r2;
    do {
      x1 = 2.0 * nextDouble() - 1.0;
      x2 = 2.0 * nextDouble() - 1.0;
      r2 = x1 * x1 + x2 * x2;
    } while (r2 >= 1.0 || r2 == 0.0);
    double f = Math.sqrt(-2.0 * Math.log(r2) / r2);
    spareNormal = f * x1;
    hasSpareNormal = true;
    return f * x2;
  }

  /** {@code random_sample(n)}: uniforms in [0, 1). */
  public void random(double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = nextDouble();
    }
  }

  /** {@code randn(n)} and {@code standard_normal(n)}. */
  public void randn(double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = nextGaussian();
    }
  }

  @Override
  public void randn(float[] out, int offset, int count) {
    for (int i = offset; i < offset + count; i++) {
      out[i] = (float) nextGaussian();
    }
  }

  /** {@code normal(mean, standardDeviation, n)}. */
  public void normal(double mean, double standardDeviation, double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = mean + standardDeviation * nextGaussian();
    }
  }

  /** {@code uniform(low, high, n)}. */
  public void uniform(double low, double high, double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = low + (high - low) * nextDouble();
    }
  }

  /**
   * {@code randint(low, high, count)} of NumPy's default integer type.
   *
   * @throws RequestException unless {@code low < high}
   */
  public long[] randint(long low, long high, int count) {
    if (low >= high) {
      throw new RequestException(
          "low", "randint wants low < high, got low = " + low + ", high = " + high + ".");
    }
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = low + nextUpTo(high - 1 - low);
    }
    return values;
  }

  /** {@code permutation(count)}: a random order of 0 .. count - 1. */
  public long[] permutation(int count) {
    return Draws.shuffled(count, this::nextUpTo);
  }

  /** {@code choice(p.length, count, p=p)}: indices drawn with replacement by probability. */
  public int[] choice(double[] p, int count) {
    return Draws.choice(p, count, this::nextDouble);
  }

  /** A number from 0 to {@code max} inclusive, by masking and rejection; 32 bits at a time where they are enough. */
  private long nextUpTo(long max) {
    if (max == 0) {
      return 0;
    }
    long mask = -1L >>> Long.numberOfLeadingZeros(max);
    boolean narrow = max > 0 && max <= 0xffffffffL;
    long value;
    do {
      value = (narrow ? engine.nextInt() : engine.nextLong()) & mask;
    } while (Long.compareUnsigned(value, max) > 0);
    return value;
  }
}
