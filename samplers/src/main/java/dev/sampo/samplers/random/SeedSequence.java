package dev.sampo.samplers.random;

/** NumPy's way from a seed to well-mixed words, after M. E. O'Neill's {@code seed_seq_fe} with a pool of four words. */
final class SeedSequence {
  private static final int POOL = 4;
  private static final int INIT_A = 0x43b0d7e5;
  private static final int MULT_A = 0x931e8875;
  private static final int INIT_B = 0x8b51f9dd;
  private static final int MULT_B = 0x58f38ded;
  private static final int MIX_LEFT = 0xca01f9dd;
  private static final int MIX_RIGHT = 0x4973f715;
  private static final int SHIFT = 16;

  private int hash = INIT_A;

  private SeedSequence() {}

  /** {@code count} 64-bit words for a seed that is not negative. */
  static long[] generate(long seed, int count) {
    int[] pool = new SeedSequence().pool(seed);
    long[] words = new long[count];
    int hash = INIT_B;
    for (int i = 0; i < 2 * count; i++) {
      int value = pool[i % POOL] ^ hash;
      hash *= MULT_B;
      value *= hash;
      value ^= value >>> SHIFT;
      words[i / 2] |= (value & 0xffffffffL) << (32 * (i % 2));
    }
    return words;
  }

  private int[] pool(long seed) {
    int[] pool = new int[POOL];
    pool[0] = hashed((int) seed);
    pool[1] = hashed((int) (seed >>> 32));
    pool[2] = hashed(0);
    pool[3] = hashed(0);
    for (int from = 0; from < POOL; from++) {
      for (int to = 0; to < POOL; to++) {
        if (from != to) {
          pool[to] = mix(pool[to], hashed(pool[from]));
        }
      }
    }
    return pool;
  }

  private int hashed(int value) {
    int result = value ^ hash;
    hash *= MULT_A;
    result *= hash;
    return result ^ (result >>> SHIFT);
  }

  private static int mix(int x, int y) {
    int result = MIX_LEFT * x - MIX_RIGHT * y;
    return result ^ (result >>> SHIFT);
  }
}
