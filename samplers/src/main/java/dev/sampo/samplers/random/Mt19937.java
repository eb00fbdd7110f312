package dev.sampo.samplers.random;

import java.util.Arrays;

/**
 * The Mersenne Twister MT19937. Matsumoto and Nishimura 1998, "Mersenne Twister: a 623-dimensionally equidistributed uniform
 * pseudo-random number generator", ACM TOMACS 8(1). Both PyTorch and NumPy's {@code RandomState} stand on it.
 */
final class Mt19937 {
  static final int WORD_COUNT = 624;
  private static final int MIDDLE = 397;
  private static final int TWIST = 0x9908b0df;

  private int[] words = new int[WORD_COUNT];
  private int[] spare = new int[WORD_COUNT];
  private int next = WORD_COUNT;

  /** Seeds with the low 32 bits of {@code seed} (Knuth's multiplier, as the authors' {@code init_genrand} of 2002). */
  Mt19937(long seed) {
    words[0] = (int) seed;
    for (int i = 1; i < WORD_COUNT; i++) {
      words[i] = 1812433253 * (words[i - 1] ^ (words[i - 1] >>> 30)) + i;
    }
  }

  Mt19937(int[] words, int next) {
    System.arraycopy(words, 0, this.words, 0, WORD_COUNT);
    this.next = next;
  }

  int[] words() {
    return Arrays.copyOf(words, WORD_COUNT);
  }

  /** Index of the word that is handed out next, 624 when the state is twisted first. */
  int next() {
    return next;
  }

  int nextInt() {
    if (next == WORD_COUNT) {
      twist();
    }
    int y = words[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  /** Two words, the first one high. */
  long nextLong() {
    long high = nextInt();
    return (high << 32) | (nextInt() & 0xffffffffL);
  }

  /** Passes over words without making them. */
  void skip(long count) {
    long left = count;
    while (left > 0) {
      if (next == WORD_COUNT) {
        twist();
      }
      int step = (int) Math.min(left, WORD_COUNT - next);
      next += step;
      left -= step;
    }
  }

  /**
   * Makes the next 624 words. They go to a second array, and the loops have no other dependence, so that the JIT vectorises them: passing over
   * a vocabulary's worth of words is most of what a seeded draw costs.
   */
  private void twist() {
    int[] old = words;
    int[] fresh = spare;
    for (int i = 0; i < WORD_COUNT - MIDDLE; i++) {
      int y = (old[i] & 0x80000000) | (old[i + 1] & 0x7fffffff);
      fresh[i] = old[i + MIDDLE] ^ (y >>> 1) ^ (((y << 31) >> 31) & TWIST);
    }
    for (int i = WORD_COUNT - MIDDLE; i < WORD_COUNT - 1; i++) {
      int y = (old[i] & 0x80000000) | (old[i + 1] & 0x7fffffff);
      fresh[i] = fresh[i + MIDDLE - WORD_COUNT] ^ (y >>> 1) ^ (((y << 31) >> 31) & TWIST);
    }
    int y = (old[WORD_COUNT - 1] & 0x80000000) | (fresh[0] & 0x7fffffff);
    fresh[WORD_COUNT - 1] = fresh[MIDDLE - 1] ^ (y >>> 1) ^ (((y << 31) >> 31) & TWIST);
    words = fresh;
    spare = old;
    next = 0;
  }
}
