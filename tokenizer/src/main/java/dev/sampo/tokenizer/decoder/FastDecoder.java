package dev.sampo.tokenizer.decoder;

import dev.sampo.tokenizer.Json;
import dev.sampo.tokenizer.text.Utf8;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decoding by id for the two kinds of decoder that nearly all language models have: what a token adds to the text does not
 * depend on its neighbours, so that it is worked out once for each id. Gives exactly what the decoder itself gives.
 * Thread-safe: entries are made without a lock, at worst twice.
 */
public final class FastDecoder {
  private static final int MISSING = 0;
  private static final int PLAIN = 1;
  private static final int SPECIAL = 2;

  /** What an id adds: bytes of a byte-level token, or text, or one byte of a run. Its fields are final: safe to race for. */
  private static final class Piece {
    final int kind;
    final byte[] bytes;
    final String text;
    final int fallbackByte;

    Piece(int kind, byte[] bytes, String text, int fallbackByte) {
      this.kind = kind;
      this.bytes = bytes;
      this.text = text;
      this.fallbackByte = fallbackByte;
    }
  }

  private final boolean byteLevel;
  private final String what;
  private final String with;
  private final int stripChar;
  private final int stripCount;
  private final IntFunction<@Nullable String> names;
  private final Predicate<String> special;
  private final @Nullable Piece[] pieces;

  private FastDecoder(
      boolean byteLevel,
      String what,
      String with,
      int stripChar,
      int stripCount,
      int idLimit,
      IntFunction<@Nullable String> names,
      Predicate<String> special) {
    this.byteLevel = byteLevel;
    this.what = what;
    this.with = with;
    this.stripChar = stripChar;
    this.stripCount = stripCount;
    this.names = names;
    this.special = special;
    pieces = new Piece[idLimit];
  }

  /**
   * A fast way for the decoder that {@code json} describes, or null if there is none.
   *
   * @param idLimit one more than the greatest id
   * @param names tokens by id
   * @param special whether a token is left out without special tokens
   */
  public static @Nullable FastDecoder of(
      Json json, int idLimit, IntFunction<@Nullable String> names, Predicate<String> special) {
    if (json.text("type").equals("ByteLevel")) {
      return new FastDecoder(true, "", "", 0, 0, idLimit, names, special);
    }
    if (!json.text("type").equals("Sequence")) {
      return null;
    }
    Json steps = json.get("decoders");
    int n = steps.size();
    if (n < 3
        || n > 4
        || !steps.at(0).text("type").equals("Replace")
        || !steps.at(1).text("type").equals("ByteFallback")
        || !steps.at(2).text("type").equals("Fuse")) {
      return null;
    }
    Json pattern = steps.at(0).get("pattern");
    if (!pattern.has("String") || pattern.text("String").isEmpty()) {
      return null;
    }
    int stripChar = 0;
    int stripCount = 0;
    if (n == 4) {
      Json strip = steps.at(3);
      if (!strip.text("type").equals("Strip") || strip.number("stop") != 0) {
        return null;
      }
      stripChar = strip.codePoint("content");
      stripCount = strip.number("start");
    }
    String with = steps.at(0).text("content");
    return new FastDecoder(
        false, pattern.text("String"), with, stripChar, stripCount, idLimit, names, special);
  }

  private Piece piece(int id) {
    Piece p = pieces[id];
    if (p == null) {
      String token = names.apply(id);
      if (token == null) {
        p = new Piece(MISSING, new byte[0], "", -1);
      } else {
        int kind = special.test(token) ? SPECIAL : PLAIN;
        if (byteLevel) {
          p = new Piece(kind, Decoders.bytes(token), "", -1);
        } else {
          String text = token.replace(what, with);
          p = new Piece(kind, new byte[0], text, Decoders.fallbackByte(text));
        }
      }
      pieces[id] = p;
    }
    return p;
  }

  /** The text of the first {@code count} of {@code ids}. */
  public String decode(int[] ids, int count, boolean skipSpecialTokens) {
    return byteLevel
        ? decodeBytes(ids, count, skipSpecialTokens)
        : decodeText(ids, count, skipSpecialTokens);
  }

  private String decodeBytes(int[] ids, int count, boolean skip) {
    byte[] out = new byte[Math.max(16, count * 5)];
    int n = 0;
    for (int i = 0; i < count; i++) {
      if (ids[i] < 0 || ids[i] >= pieces.length) {
        continue;
      }
      Piece p = piece(ids[i]);
      if (p.kind == MISSING || (skip && p.kind == SPECIAL)) {
        continue;
      }
      byte[] bytes = p.bytes;
      if (n + bytes.length > out.length) {
        out = Arrays.copyOf(out, Math.max(out.length * 2, n + bytes.length));
      }
      for (int k = 0; k < bytes.length; k++) {
        out[n++] = bytes[k];
      }
    }
    return Utf8.decodeLossy(out, 0, n);
  }

  private String decodeText(int[] ids, int count, boolean skip) {
    StringBuilder out = new StringBuilder(count * 5 + 16);
    byte[] run = new byte[16];
    int n = 0;
    for (int i = 0; i < count; i++) {
      if (ids[i] < 0 || ids[i] >= pieces.length) {
        continue;
      }
      Piece p = piece(ids[i]);
      if (p.kind == MISSING || (skip && p.kind == SPECIAL)) {
        continue;
      }
      if (p.fallbackByte >= 0) {
        if (n == run.length) {
          run = Arrays.copyOf(run, n * 2);
        }
        run[n++] = (byte) p.fallbackByte;
        continue;
      }
      if (n > 0) {
        flush(run, n, out);
        n = 0;
      }
      out.append(p.text);
    }
    if (n > 0) {
      flush(run, n, out);
    }
    int from = 0;
    for (int k = 0;
        k < stripCount && from < out.length() && out.codePointAt(from) == stripChar;
        k++) {
      from += Character.charCount(stripChar);
    }
    return out.substring(from);
  }

  private static void flush(byte[] run, int n, StringBuilder out) {
    String text = Utf8.decodeStrict(run, 0, n);
    if (text != null) {
      out.append(text);
      return;
    }
    for (int i = 0; i < n; i++) {
      out.append('\uFFFD');
    }
  }
}
