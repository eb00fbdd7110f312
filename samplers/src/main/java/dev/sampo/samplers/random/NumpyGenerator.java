package dev.sampo.samplers.random;

import dev.sampo.error.RequestException;

/**
 * NumPy's modern generator: the same numbers as {@code numpy.random.default_rng(seed)}.
 *
 * <p>PCG64, that is a 128-bit linear congruential generator with the output XSL-RR (O'Neill 2014, "PCG: A Family of Simple Fast
 * Space-Efficient Statistically Good Algorithms for Random Number Generation", section 6.3.3), seeded through NumPy's {@code
 * SeedSequence} (after O'Neill's {@code seed_seq_fe}). Normals by the ziggurat, integers by Lemire 2019 (arXiv:1805.10941).
 *
 * <p>Not thread-safe: a generator belongs to one run.
 */
public final class NumpyGenerator implements NoiseSource {
  private static final long MULTIPLIER_HIGH = 2549297995355413924L;
  private static final long MULTIPLIER_LOW = 4865540595714422341L;

  private long stateHigh;
  private long stateLow;
  private long incrementHigh;
  private long incrementLow;
  private int spareWord;
  private boolean hasSpareWord;

  /**
   * A fresh generator.
   *
   * @throws RequestException if the seed is negative
   */
  public NumpyGenerator(long seed) {
    if (seed < 0) {
      throw new RequestException(
          "seed", "default_rng takes a seed of at least 0, got " + seed + ".");
    }
    long[] words = SeedSequence.generate(seed, 4);
    incrementHigh = (words[2] << 1) | (words[3] >>> 63);
    incrementLow = (words[3] << 1) | 1;
    advance();
    addToState(words[0], words[1]);
    advance();
  }

  private NumpyGenerator(NumpyGenerator other) {
    stateHigh = other.stateHigh;
    stateLow = other.stateLow;
    incrementHigh = other.incrementHigh;
    incrementLow = other.incrementLow;
    spareWord = other.spareWord;
    hasSpareWord = other.hasSpareWord;
  }

  /** A copy that goes on with the same numbers, independent of this one. */
  public NumpyGenerator copy() {
    return new NumpyGenerator(this);
  }

  /** The next 64 bits. */
  public long nextLong() {
    advance();
    return Long.rotateRight(stateHigh ^ stateLow, (int) (stateHigh >>> 58));
  }

  /** The next 32 bits: the low half of 64, then the high half. */
  public int nextInt() {
    if (hasSpareWord) {
      hasSpareWord = false;
      return spareWord;
    }
    long both = nextLong();
    spareWord = (int) (both >>> 32);
    hasSpareWord = true;
    return (int) both;
  }

  /** A double in [0, 1) with 53 random bits. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1p-53;
  }

  /** A float in [0, 1) with 24 random bits. */
  public float nextFloat() {
    return (nextInt() >>> 8) * 0x1p-24f;
  }

  /** {@code random(n)}: uniforms in [0, 1), float64. */
  public void random(double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = nextDouble();
    }
  }

  /** {@code random(n, dtype=float32)}: uniforms in [0, 1), float32. */
  public void random(float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = nextFloat();
    }
  }

  /** {@code standard_normal(n)}, float64. */
  public void randn(double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = nextGaussian();
    }
  }

  /** {@code standard_normal(n, dtype=float32)}: a stream of its own, not the rounded float64 one. */
  @Override
  public void randn(float[] out, int offset, int count) {
    for (int i = offset; i < offset + count; i++) {
      out[i] = nextGaussianFloat();
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
   * {@code integers(low, high, count)}.
   *
   * @throws RequestException unless {@code low < high}
   */
  public long[] integers(long low, long high, int count) {
    if (low >= high) {
      throw new RequestException(
          "low", "integers wants low < high, got low = " + low + ", high = " + high + ".");
    }
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = low + nextUpTo(high - 1 - low);
    }
    return values;
  }

  /** {@code permutation(count)}: a random order of 0 .. count - 1. */
  public long[] permutation(int count) {
    return Draws.shuffled(count, this::nextMasked);
  }

  /** {@code choice(p.length, count, p=p)}: indices drawn with replacement by probability. */
  public int[] choice(double[] p, int count) {
    return Draws.choice(p, count, this::nextDouble);
  }

  /** One standard normal, by the 52-bit ziggurat. */
  public double nextGaussian() {
    while (true) {
      long r = nextLong();
      int i = (int) r & 0xff;
      boolean negative = (r & 0x100) != 0;
      long draw = (r >>> 9) & 0xfffffffffffffL;
      double x = draw * Ziggurat.W[i];
      if (negative) {
        x = -x;
      }
      if (draw < Ziggurat.K[i]) {
        return x;
      }
      if (i == 0) {
        return tail((draw & 0x100) != 0);
      }
      double edge = (Ziggurat.F[i - 1] - Ziggurat.F[i]) * nextDouble() + Ziggurat.F[i];
      if (edge < Math.exp(-0.5 * x * x)) {
        return x;
      }
    }
  }

  private double tail(boolean negative) {
    while (true) {
      double x = -Ziggurat.INVERSE_R * Math.log1p(-nextDouble());
      double y = -Math.log1p(-nextDouble());
      if (y + y > x * x) {
        return negative ? -(Ziggurat.R + x) : Ziggurat.R + x;
      }
    }
  }

  /** One standard normal in float32, by the 23-bit ziggurat. */
  public float nextGaussianFloat() {
    while (true) {
      int r = nextInt();
      int i = r & 0xff;
      boolean negative = (r & 0x100) != 0;
      int draw = (r >>> 9) & 0x7fffff;
      float x = draw * Ziggurat.W_FLOAT[i];
      if (negative) {
        x = -x;
      }
      if (draw < Ziggurat.K_FLOAT[i]) {
        return x;
      }
      if (i == 0) {
        return tailFloat((draw & 0x100) != 0);
      }
      float edge =
          (Ziggurat.F_FLOAT[i - 1] - Ziggurat.F_FLOAT[i]) * nextFloat() + Ziggurat.F_FLOAT[i];
      if (edge < Math.exp(-0.5 * x * x)) {
        return x;
      }
    }
  }

  private float tailFloat(boolean negative) {
    while (true) {
      float x = -(float) Ziggurat.INVERSE_R * FloatLog.log1pOfNegative(nextFloat());
      float y = -FloatLog.log1pOfNegative(nextFloat());
      if (y + y > x * x) {
        return negative ? -((float) Ziggurat.R + x) : (float) Ziggurat.R + x;
      }
    }
  }

  /** A number from 0 to {@code max} inclusive by masking and rejection; NumPy shuffles with it, not with Lemire's method. */
  private long nextMasked(long max) {
    long mask = -1L >>> Long.numberOfLeadingZeros(max);
    long value;
    do {
      value = nextInt() & mask;
    } while (value > max);
    return value;
  }

  /** Lemire's method: the high half of word times range; the low half tells whether the draw would be biased. */
  private long nextUpTo(long max) {
    if (max == 0) {
      return 0;
    }
    if (max == -1L) {
      return nextLong();
    }
    if (max < 0 || max > 0xffffffffL) {
      return nextUpToWide(max);
    }
    if (max == 0xffffffffL) {
      return nextInt() & 0xffffffffL;
    }
    long range = max + 1;
    long product = (nextInt() & 0xffffffffL) * range;
    if ((product & 0xffffffffL) < range) {
      long threshold = (0xffffffffL - max) % range;
      while ((product & 0xffffffffL) < threshold) {
        product = (nextInt() & 0xffffffffL) * range;
      }
    }
    return product >>> 32;
  }

  private long nextUpToWide(long max) {
    long range = max + 1;
    long word = nextLong();
    if (Long.compareUnsigned(word * range, range) < 0) {
      long threshold = Long.remainderUnsigned(-1L - max, range);
      while (Long.compareUnsigned(word * range, threshold) < 0) {
        word = nextLong();
      }
    }
    return multiplyHighUnsigned(word, range);
  }

  /** state = state * multiplier + increment, modulo 2^128. */
  private void advance() {
    long high =
        multiplyHighUnsigned(stateLow, MULTIPLIER_LOW)
            + stateHigh * MULTIPLIER_LOW
            + stateLow * MULTIPLIER_HIGH;
    stateLow *= MULTIPLIER_LOW;
    stateHigh = high;
    addToState(incrementHigh, incrementLow);
  }

  private void addToState(long high, long low) {
    long sum = stateLow + low;
    stateHigh += high + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
    stateLow = sum;
  }

  /** High 64 bits of an unsigned product. {@code Math.multiplyHigh} came to Android after API 26. */
  private static long multiplyHighUnsigned(long a, long b) {
    long a0 = a & 0xffffffffL;
    long a1 = a >>> 32;
    long b0 = b & 0xffffffffL;
    long b1 = b >>> 32;
    long middle = a1 * b0 + ((a0 * b0) >>> 32);
    long carry = a0 * b1 + (middle & 0xffffffffL);
    return a1 * b1 + (middle >>> 32) + (carry >>> 32);
  }
}
