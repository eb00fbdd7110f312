package dev.sampo.tokenizer.pretokenizer;

import dev.sampo.tokenizer.text.UnicodeTables;

/** Flags of every code point that the hand-written splitters ask for, a byte a character. */
final class CharClasses {
  /** {@code \p{L}}. */
  static final int LETTER = 1;

  /** {@code \p{N}}. */
  static final int NUMBER = 2;

  /** {@code \s}. */
  static final int SPACE = 4;

  /** {@code [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]}. */
  static final int UPPER = 8;

  /** {@code [\p{Ll}\p{Lm}\p{Lo}\p{M}]}. */
  static final int LOWER = 16;

  /** Carriage return or line feed. */
  static final int NEWLINE = 32;

  private static final byte[] BASIC = new byte[0x10000];
  private static final byte[] ABOVE = new byte[0x30000];
  private static final byte[] PLANE_14 = new byte[0x10000];

  static {
    mark("re:L", LETTER);
    mark("re:N", NUMBER);
    mark("re:s", SPACE);
    for (String name : new String[] {"re:Lm", "re:Lo", "re:M"}) {
      mark(name, UPPER | LOWER);
    }
    mark("re:Lu", UPPER);
    mark("re:Lt", UPPER);
    mark("re:Ll", LOWER);
    BASIC['\r'] |= NEWLINE;
    BASIC['\n'] |= NEWLINE;
  }

  private CharClasses() {}

  private static void mark(String name, int flags) {
    int[] ranges = UnicodeTables.set(name).ranges();
    for (int i = 0; i < ranges.length; i += 2) {
      for (int c = ranges[i]; c <= ranges[i + 1]; c++) {
        if (c < 0x10000) {
          BASIC[c] |= flags;
        } else if (c < 0x40000) {
          ABOVE[c - 0x10000] |= flags;
        } else if (c >= 0xE0000 && c < 0xF0000) {
          PLANE_14[c - 0xE0000] |= flags;
        }
      }
    }
  }

  /** The table of the basic plane; not to be written to. */
  static byte[] basic() {
    return BASIC;
  }

  /** The flags of {@code codePoint}. */
  static int of(int codePoint) {
    if (codePoint < 0x10000) {
      return BASIC[codePoint];
    }
    if (codePoint < 0x40000) {
      return ABOVE[codePoint - 0x10000];
    }
    return codePoint >= 0xE0000 && codePoint < 0xF0000 ? PLANE_14[codePoint - 0xE0000] : 0;
  }
}
