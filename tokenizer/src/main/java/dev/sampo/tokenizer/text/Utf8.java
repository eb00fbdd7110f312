package dev.sampo.tokenizer.text;

/** UTF-8 without the platform's charset classes, whose treatment of broken input differs between JVMs. */
public final class Utf8 {
  private Utf8() {}

  /** How many bytes {@code codePoint} takes. */
  public static int length(int codePoint) {
    return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }

  /** Writes {@code codePoint} to {@code out} at {@code at}; returns the position after it. */
  public static int encode(int codePoint, byte[] out, int at) {
    int i = at;
    if (codePoint < 0x80) {
      out[i++] = (byte) codePoint;
    } else if (codePoint < 0x800) {
      out[i++] = (byte) (0xC0 | codePoint >> 6);
      out[i++] = (byte) (0x80 | (codePoint & 0x3F));
    } else if (codePoint < 0x10000) {
      out[i++] = (byte) (0xE0 | codePoint >> 12);
      out[i++] = (byte) (0x80 | (codePoint >> 6 & 0x3F));
      out[i++] = (byte) (0x80 | (codePoint & 0x3F));
    } else {
      out[i++] = (byte) (0xF0 | codePoint >> 18);
      out[i++] = (byte) (0x80 | (codePoint >> 12 & 0x3F));
      out[i++] = (byte) (0x80 | (codePoint >> 6 & 0x3F));
      out[i++] = (byte) (0x80 | (codePoint & 0x3F));
    }
    return i;
  }

  /** The UTF-8 bytes of {@code text}. */
  public static byte[] encode(String text) {
    int size = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      size += length(c);
      i += Character.charCount(c);
    }
    byte[] out = new byte[size];
    int at = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      at = encode(c, out, at);
      i += Character.charCount(c);
    }
    return out;
  }

  /**
   * Decodes bytes; each broken sequence (the longest prefix of a valid one, or one byte) becomes U+FFFD.
   *
   * @param strict if true, returns null instead of replacing
   */
  static @org.jspecify.annotations.Nullable String decode(
      byte[] in, int from, int to, boolean strict) {
    char[] out = new char[to - from];
    int n = 0;
    int i = from;
    while (i < to) {
      int b = in[i];
      if (b >= 0) {
        out[n++] = (char) b;
        i++;
        continue;
      }
      int need = sequenceLength(b);
      int good = goodPrefix(in, i, to, need);
      if (need == 0 || good < need) {
        if (strict) {
          return null;
        }
        out[n++] = '\uFFFD';
        i += Math.max(1, good);
        continue;
      }
      int c;
      if (need == 2) {
        c = (b & 0x1F) << 6 | (in[i + 1] & 0x3F);
      } else if (need == 3) {
        c = (b & 0x0F) << 12 | (in[i + 1] & 0x3F) << 6 | (in[i + 2] & 0x3F);
      } else {
        c =
            (b & 0x07) << 18
                | (in[i + 1] & 0x3F) << 12
                | (in[i + 2] & 0x3F) << 6
                | (in[i + 3] & 0x3F);
      }
      if (c < 0x10000) {
        out[n++] = (char) c;
      } else {
        out[n++] = Character.highSurrogate(c);
        out[n++] = Character.lowSurrogate(c);
      }
      i += need;
    }
    return new String(out, 0, n);
  }

  /** Decodes bytes {@code from} to {@code to}; what is broken becomes U+FFFD, one for each maximal broken part. */
  public static String decodeLossy(byte[] in, int from, int to) {
    String text = decode(in, from, to, false);
    return text == null ? "" : text;
  }

  /** Decodes bytes {@code from} to {@code to}, or returns null if they are not valid UTF-8. */
  public static @org.jspecify.annotations.Nullable String decodeStrict(
      byte[] in, int from, int to) {
    return decode(in, from, to, true);
  }

  private static int sequenceLength(int b) {
    int u = b & 0xFF;
    return u < 0xC2 ? 0 : u < 0xE0 ? 2 : u < 0xF0 ? 3 : u < 0xF5 ? 4 : 0;
  }

  /** How many bytes at {@code i} are the beginning of a valid sequence of {@code need} bytes. */
  private static int goodPrefix(byte[] in, int i, int to, int need) {
    if (need == 0) {
      return 0;
    }
    int good = 1;
    int lead = in[i] & 0xFF;
    while (good < need && i + good < to) {
      int c = in[i + good] & 0xFF;
      int low = 0x80;
      int high = 0xBF;
      if (good == 1) {
        if (lead == 0xE0) {
          low = 0xA0;
        } else if (lead == 0xED) {
          high = 0x9F;
        } else if (lead == 0xF0) {
          low = 0x90;
        } else if (lead == 0xF4) {
          high = 0x8F;
        }
      }
      if (c < low || c > high) {
        break;
      }
      good++;
    }
    return good;
  }
}
