package dev.sampo.samplers.random;

import dev.sampo.error.RequestException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * PyTorch's CPU random generator: the same seed gives the same numbers as {@code torch.Generator().manual_seed(seed)}.
 *
 * <pre>{@code
 * TorchGenerator generator = new TorchGenerator(0);
 * float[] x = new float[3];
 * generator.randn(x); // 1.5409961, -0.2934289, -2.1787894
 * }</pre>
 *
 * <p>A Mersenne Twister seeded with the low 32 bits of the seed. Everything is the same to the last bit, with one exception:
 * float32 {@link #randn(float[])} of 16 and more elements, where PyTorch's own vector and scalar code differ from each other, is
 * within 2e-6.
 *
 * <p>{@code randn} has two algorithms. Below 16 elements each pair of 53-bit uniforms makes two normals, and a spare one is
 * handed out by the next small call, whatever was drawn in between and whichever type it was. From 16 elements on the array is
 * filled with uniforms and turned into normals in blocks of 16, element j with element j + 8; if 16 does not divide the length,
 * the last 16 elements are drawn again. So {@code randn(17)} is not a longer {@code randn(16)}.
 *
 * <p>Not thread-safe: a generator belongs to one run.
 */
public final class TorchGenerator implements NoiseSource {
  private static final int BLOCK = 16;
  private static final int HALF = BLOCK / 2;
  private static final float UNIT_24 = 0x1p-24f;
  private static final double UNIT_53 = 0x1p-53;
  private static final double TWO_PI = 2.0 * Math.PI;
  private static final long WIDE_RANGE = 1L << 28;

  private final long seed;
  private Mt19937 engine;
  private double spareNormal;
  private boolean hasSpareNormal;

  /** A fresh generator, as {@code manual_seed(seed)}; only the low 32 bits of the seed count. */
  public TorchGenerator(long seed) {
    this.seed = seed;
    this.engine = new Mt19937(seed);
  }

  /** The seed this generator was made with. */
  public long seed() {
    return seed;
  }

  /** The next raw 32-bit word of the Mersenne Twister. */
  public int nextInt() {
    return engine.nextInt();
  }

  /** The next 64 bits: two words, the first one high. */
  public long nextLong() {
    return engine.nextLong();
  }

  /** Passes over 32-bit words as if they had been drawn; much faster than drawing them. */
  public void skip(long wordCount) {
    engine.skip(wordCount);
  }

  /**
   * Passes over numbers of {@link #nextUniform53()}, one for each bound, as long as they are at least the bound times {@code scale}, without making
   * them. The number it stops at may be above that too, by less than 2^-21.
   *
   * @param bounds numbers of at least 0
   * @param from the first bound
   * @param to behind the last bound
   * @return how many were passed over, at most {@code to - from}
   */
  public int skipUniforms53(float[] bounds, int from, int to, float scale) {
    // The 21 highest of the 53 bits are the lowest of the first word.
    return engine.skipPairs(bounds, from, to, scale * 0x1p21f, 0x1fffff);
  }

  /** A float in [0, 1) with 24 random bits, from one word. */
  public float nextUniform24() {
    return (engine.nextInt() & 0xffffff) * UNIT_24;
  }

  /** A double in [0, 1) with 53 random bits, from two words. */
  public double nextUniform53() {
    return (engine.nextLong() & ((1L << 53) - 1)) * UNIT_53;
  }

  /** {@code torch.rand}: uniforms in [0, 1), float32. */
  public void rand(float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = nextUniform24();
    }
  }

  /** {@code torch.rand(dtype=torch.float64)}: uniforms in [0, 1), float64. */
  public void rand(double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = nextUniform53();
    }
  }

  @Override
  public void randn(float[] out, int offset, int count) {
    Objects.checkFromIndexSize(offset, count, out.length);
    if (count < BLOCK) {
      for (int i = 0; i < count; i++) {
        out[offset + i] = (float) nextNormal();
      }
      return;
    }
    int end = offset + count;
    for (int i = offset; i < end; i++) {
      out[i] = nextUniform24();
    }
    for (int i = offset; i <= end - BLOCK; i += BLOCK) {
      boxMuller(out, i);
    }
    if (count % BLOCK != 0) {
      for (int i = end - BLOCK; i < end; i++) {
        out[i] = nextUniform24();
      }
      boxMuller(out, end - BLOCK);
    }
  }

  /**
   * Standard normals one by one, as {@code randn} of fewer than 16 values draws them, however many there are: what PyTorch does for tensors that are not contiguous
   * (a {@code randn_like} of a transposed one), in the order of their memory.
   */
  public void randnOneByOne(float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) nextNormal();
    }
  }

  /** {@code torch.randn(dtype=torch.float64)}: standard normals, float64. */
  public void randn(double[] out) {
    int count = out.length;
    if (count < BLOCK) {
      for (int i = 0; i < count; i++) {
        out[i] = nextNormal();
      }
      return;
    }
    rand(out);
    for (int i = 0; i <= count - BLOCK; i += BLOCK) {
      boxMuller(out, i);
    }
    if (count % BLOCK != 0) {
      for (int i = count - BLOCK; i < count; i++) {
        out[i] = nextUniform53();
      }
      boxMuller(out, count - BLOCK);
    }
  }

  /** {@code torch.empty(n).exponential_()}: exponentials of rate 1, float32: -log1p(-u) of a 53-bit uniform u. */
  public void exponential(float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) nextExponential();
    }
  }

  /** {@code torch.empty(n, dtype=torch.float64).exponential_()}: exponentials of rate 1, float64. */
  public void exponential(double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = nextExponential();
    }
  }

  /** One exponential of rate 1. */
  public double nextExponential() {
    return -Math.log1p(-nextUniform53());
  }

  /**
   * {@code torch.randint(low, high, (count,))}. Ranges of 2^28 and more take two words a number, smaller ones one.
   *
   * @throws RequestException unless {@code low < high}
   */
  public long[] randint(long low, long high, int count) {
    if (low >= high) {
      throw new RequestException(
          "low", "randint wants low < high, got low = " + low + ", high = " + high + ".");
    }
    long range = high - low;
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = low + nextBelow(range);
    }
    return values;
  }

  /** {@code torch.randperm(count)}: a random order of 0 .. count - 1. */
  public long[] randperm(int count) {
    long[] order = new long[count];
    for (int i = 0; i < count; i++) {
      order[i] = i;
    }
    boolean wide = count >= 0xffffffffL / 20;
    for (int i = 0; i < count - 1; i++) {
      long word = wide ? engine.nextLong() : engine.nextInt() & 0xffffffffL;
      int j = i + (int) Long.remainderUnsigned(word, count - i);
      long kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    return order;
  }

  /**
   * {@code torch.multinomial(weights, count, replacement)} of one row. Without replacement, or with one draw, it is the top of
   * weight / exponential; with replacement a search in the float32 cumulative sum.
   *
   * @param weights not negative, finite, not all zero; they need not sum to 1
   * @return {@code count} indices in the order drawn
   * @throws RequestException if a weight is negative or not finite, all are zero, or fewer weights are positive than
   *     draws are asked for without replacement
   */
  public int[] multinomial(float[] weights, int count, boolean replacement) {
    checkWeights(weights, count, replacement);
    return replacement && count > 1
        ? drawByCumulativeSum(weights, count)
        : drawByRace(weights, count);
  }

  /**
   * {@code torch.multinomial} of a batch of rows, all rows from the one stream.
   *
   * @param rows weights, all rows of the same length
   */
  public int[][] multinomial(float[][] rows, int count, boolean replacement) {
    for (float[] row : rows) {
      checkWeights(row, count, replacement);
    }
    int[][] drawn = new int[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      drawn[i] = multinomial(rows[i], count, replacement);
    }
    return drawn;
  }

  /** A snapshot from which {@link #restore} goes on with the same numbers. */
  public State state() {
    return new State(seed, engine.words(), engine.next(), hasSpareNormal ? spareNormal : null);
  }

  /** Goes back to a snapshot. */
  public void restore(State state) {
    engine = new Mt19937(state.words, state.next);
    hasSpareNormal = state.spareNormal != null;
    spareNormal = state.spareNormal != null ? state.spareNormal : 0.0;
  }

  /** Makes this generator go on with the same numbers as another; unlike {@link #state()} it makes no objects. */
  public void copyFrom(TorchGenerator other) {
    engine.copyFrom(other.engine);
    hasSpareNormal = other.hasSpareNormal;
    spareNormal = other.spareNormal;
  }

  /** A generator that goes on from a snapshot. */
  public static TorchGenerator from(State state) {
    TorchGenerator generator = new TorchGenerator(state.seed);
    generator.restore(state);
    return generator;
  }

  /** Box and Muller 1958: radius sqrt(-2 log(1 - u2)), angle 2 pi u1; the sine is kept for the next call. */
  private double nextNormal() {
    if (hasSpareNormal) {
      hasSpareNormal = false;
      return spareNormal;
    }
    double u1 = nextUniform53();
    double u2 = nextUniform53();
    double radius = Math.sqrt(-2.0 * Math.log1p(-u2));
    double theta = TWO_PI * u1;
    spareNormal = radius * Math.sin(theta);
    hasSpareNormal = true;
    return radius * Math.cos(theta);
  }

  private static void boxMuller(float[] block, int start) {
    for (int j = start; j < start + HALF; j++) {
      float u1 = 1 - block[j];
      float u2 = block[j + HALF];
      float radius = (float) Math.sqrt(-2f * (float) Math.log(u1));
      // Rounded to float as PyTorch does: the angle's rounding moves the result by more than 1e-6.
      float theta = (float) TWO_PI * u2;
      block[j] = (float) (radius * Math.cos(theta));
      block[j + HALF] = (float) (radius * Math.sin(theta));
    }
  }

  private static void boxMuller(double[] block, int start) {
    for (int j = start; j < start + HALF; j++) {
      double u1 = 1 - block[j];
      double u2 = block[j + HALF];
      double radius = Math.sqrt(-2 * Math.log(u1));
      double theta = TWO_PI * u2;
      block[j] = radius * Math.cos(theta);
      block[j + HALF] = radius * Math.sin(theta);
    }
  }

  private long nextBelow(long range) {
    // A range beyond 2^63 - 1 wrapped to a negative number; it counts as unsigned.
    if (range < 0 || range >= WIDE_RANGE) {
      return Long.remainderUnsigned(engine.nextLong(), range);
    }
    return (engine.nextInt() & 0xffffffffL) % range;
  }

  private static void checkWeights(float[] weights, int count, boolean replacement) {
    int positive = 0;
    for (int i = 0; i < weights.length; i++) {
      if (!(weights[i] >= 0) || Float.isInfinite(weights[i])) {
        throw new RequestException(
            "weights",
            "multinomial wants finite weights of at least 0, got "
                + weights[i]
                + " at index "
                + i
                + ".");
      }
      if (weights[i] > 0) {
        positive++;
      }
    }
    int wanted = replacement ? 1 : count;
    if (count < 1 || positive < wanted || positive == 0) {
      throw new RequestException(
          "count",
          "multinomial cannot make "
              + count
              + " draws "
              + (replacement ? "with" : "without")
              + " replacement from "
              + positive
              + " positive weights.");
    }
  }

  private int[] drawByRace(float[] weights, int count) {
    float[] ratio = new float[weights.length];
    for (int i = 0; i < ratio.length; i++) {
      ratio[i] = weights[i] / (float) nextExponential();
    }
    int[] drawn = new int[count];
    for (int k = 0; k < count; k++) {
      int best = 0;
      for (int i = 1; i < ratio.length; i++) {
        if (ratio[i] > ratio[best]) {
          best = i;
        }
      }
      drawn[k] = best;
      ratio[best] = Float.NEGATIVE_INFINITY;
    }
    return drawn;
  }

  private int[] drawByCumulativeSum(float[] weights, int count) {
    float[] cumulative = new float[weights.length];
    float sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i];
      cumulative[i] = sum;
    }
    for (int i = 0; i < weights.length; i++) {
      cumulative[i] /= sum;
    }
    cumulative[weights.length - 1] = 1;
    int[] drawn = new int[count];
    for (int k = 0; k < count; k++) {
      double u = nextUniform53();
      int low = 0;
      int high = weights.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (cumulative[middle] < u) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      drawn[k] = low;
    }
    return drawn;
  }

  /** A generator's whole state: Mersenne Twister words, position and the spare normal. Compares by content. */
  public static final class State {
    private final long seed;
    private final int[] words;
    private final int next;
    private final @Nullable Double spareNormal;

    /**
     * Puts a state together from its parts.
     *
     * @param seed the seed, for the record only
     * @param words the 624 words of the Mersenne Twister
     * @param next index of the next word, 0 .. 624
     * @param spareNormal the normal kept for the next small {@code randn}, or null
     * @throws RequestException if there are not 624 words or {@code next} is out of range
     */
    public State(long seed, int[] words, int next, @Nullable Double spareNormal) {
      if (words.length != Mt19937.WORD_COUNT || next < 0 || next > Mt19937.WORD_COUNT) {
        throw new RequestException(
            "state",
            "A generator state has 624 words and a position of 0 to 624, got "
                + words.length
                + " words and position "
                + next
                + ".");
      }
      this.seed = seed;
      this.words = Arrays.copyOf(words, words.length);
      this.next = next;
      this.spareNormal = spareNormal;
    }

    /** The seed. */
    public long seed() {
      return seed;
    }

    /** A copy of the 624 words. */
    public int[] words() {
      return Arrays.copyOf(words, words.length);
    }

    /** Index of the next word, 0 .. 624. */
    public int next() {
      return next;
    }

    /** The normal kept for the next small {@code randn}, or null. */
    public @Nullable Double spareNormal() {
      return spareNormal;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof State that
          && seed == that.seed
          && next == that.next
          && Arrays.equals(words, that.words)
          && Objects.equals(spareNormal, that.spareNormal);
    }

    @Override
    public int hashCode() {
      return Objects.hash(seed, next, Arrays.hashCode(words), spareNormal);
    }

    @Override
    public String toString() {
      return "State[seed=" + seed + ", next=" + next + "]";
    }
  }
}
