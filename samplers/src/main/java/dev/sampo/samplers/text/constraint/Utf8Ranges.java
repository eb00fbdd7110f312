package dev.sampo.samplers.text.constraint;

import java.util.ArrayList;
import java.util.List;

/** Ranges of code points as sequences of byte ranges in UTF-8. */
final class Utf8Ranges {
  private static final int[] LAST = {0x7f, 0x7ff, 0xffff, 0x10ffff};

  private Utf8Ranges() {}

  /**
   * Byte sequences that together cover a range; each is low and high of the first byte, of the second and so on. Surrogates are left out.
   */
  static List<int[]> of(int low, int high) {
    List<int[]> sequences = new ArrayList<>();
    if (low <= 0xd7ff) {
      byLength(low, Math.min(high, 0xd7ff), sequences);
    }
    if (high >= 0xe000) {
      byLength(Math.max(low, 0xe000), high, sequences);
    }
    return sequences;
  }

  private static void byLength(int low, int high, List<int[]> sequences) {
    int from = low;
    for (int last : LAST) {
      if (from <= Math.min(high, last)) {
        split(from, Math.min(high, last), sequences);
        from = last + 1;
      }
    }
  }

  /** Splits until both ends differ only in trailing bytes that are whole ranges. */
  private static void split(int low, int high, List<int[]> sequences) {
    if (low > 0x7f) {
      for (int bytes = 1; bytes < 4; bytes++) {
        int mask = (1 << 6 * bytes) - 1;
        if ((low & ~mask) != (high & ~mask)) {
          if ((low & mask) != 0) {
            split(low, low | mask, sequences);
            split((low | mask) + 1, high, sequences);
            return;
          }
          if ((high & mask) != mask) {
            split(low, (high & ~mask) - 1, sequences);
            split(high & ~mask, high, sequences);
            return;
          }
        }
      }
    }
    byte[] first = encode(low);
    byte[] last = encode(high);
    int[] sequence = new int[2 * first.length];
    for (int i = 0; i < first.length; i++) {
      sequence[2 * i] = first[i] & 0xff;
      sequence[2 * i + 1] = last[i] & 0xff;
    }
    sequences.add(sequence);
  }

  private static byte[] encode(int codePoint) {
    return new String(Character.toChars(codePoint))
        .getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }
}
