package dev.sampo.tokenizer.text;

/**
 * The alphabet of byte-level tokenizers: each byte has a visible character. Bytes 33-126, 161-172 and 174-255 stand for
 * themselves, the other 68 take U+0100 and on (a space is U+0120).
 */
public final class ByteAlphabet {
  private static final char[] CHARS = new char[256];
  private static final short[] BYTES = new short[0x144];

  static {
    java.util.Arrays.fill(BYTES, (short) -1);
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean plain = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
      CHARS[b] = (char) (plain ? b : next++);
      BYTES[CHARS[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  /** The character that stands for byte {@code b}. */
  public static char charOf(byte b) {
    return CHARS[b & 0xFF];
  }

  /** The byte, 0 to 255, that {@code c} stands for, or -1. */
  public static int byteOf(char c) {
    return c < BYTES.length ? BYTES[c] : -1;
  }
}
