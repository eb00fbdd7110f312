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

  private final int[] words = new int[WORD_COUNT];
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

  private void twist() {
    for (int i = 0; i < WORD_COUNT - MIDDLE; i++) {
      words[i] = words[i + MIDDLE] ^ mix(words[i], words[i + 1]);
    }
    for (int i = WORD_COUNT - MIDDLE; i < WORD_COUNT - 1; i++) {
      words[i] = words[i + MIDDLE - WORD_COUNT] ^ mix(words[i], words[i + 1]);
    }
    words[WORD_COUNT - 1] = words[MIDDLE - 1] ^ mix(words[WORD_COUNT - 1], words[0]);
    next = 0;
  }

  private static int mix(int upper, int lower) {
    int y = (upper & 0x80000000) | (lower & 0x7fffffff);
    return (y >>> 1) ^ (-(y & 1) & TWIST);
  }
}
