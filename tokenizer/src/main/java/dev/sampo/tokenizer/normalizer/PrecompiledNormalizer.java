package dev.sampo.tokenizer.normalizer;

import dev.sampo.tokenizer.Json;
import dev.sampo.tokenizer.text.AlignedText;
import dev.sampo.tokenizer.text.Graphemes;
import dev.sampo.tokenizer.text.IntList;
import dev.sampo.tokenizer.text.Utf8;
import java.util.Arrays;
import java.util.Base64;

/**
 * SentencePiece's character map: a double-array trie (darts-clone) over UTF-8 and the strings it points to. Like the
 * reference, and unlike SentencePiece itself, it looks at grapheme clusters of fewer than six bytes as a whole, takes the
 * shortest key that begins them, and goes through longer ones character by character.
 */
public final class PrecompiledNormalizer implements Normalizer {
  private static final int MAX_CLUSTER_BYTES = 6;

  private final int[] units;
  private final byte[] strings;

  /** Whether an ASCII character is left alone, so that most text need not ask the trie. */
  private final boolean[] plain = new boolean[128];

  private PrecompiledNormalizer(int[] units, byte[] strings) {
    this.units = units;
    this.strings = strings;
    for (int c = 0; c < 128; c++) {
      plain[c] = c >= 0x20 && find(new byte[] {(byte) c}, 1) < 0;
    }
  }

  static Normalizer fromJson(Json json) {
    byte[] map;
    try {
      map = Base64.getDecoder().decode(json.text("precompiled_charsmap"));
    } catch (IllegalArgumentException e) {
      throw json.get("precompiled_charsmap").error("is not Base64: " + e.getMessage());
    }
    if (map.length == 0) {
      return text -> {};
    }
    try {
      return fromBytes(map);
    } catch (IllegalArgumentException e) {
      throw json.get("precompiled_charsmap").error(String.valueOf(e.getMessage()));
    }
  }

  /** The map as it stands in a SentencePiece model: size of the trie in bytes, trie, strings. */
  public static Normalizer fromBytes(byte[] map) {
    if (map.length < 4) {
      throw new IllegalArgumentException("is too short for a character map");
    }
    int size = int32(map, 0);
    if (size < 0 || size % 4 != 0 || size > map.length - 4) {
      throw new IllegalArgumentException(
          "says that its trie has " + size + " of " + map.length + " bytes");
    }
    int[] units = new int[size / 4];
    for (int i = 0; i < units.length; i++) {
      units[i] = int32(map, 4 + 4 * i);
    }
    return new PrecompiledNormalizer(units, Arrays.copyOfRange(map, 4 + size, map.length));
  }

  private static int int32(byte[] b, int i) {
    return (b[i] & 0xFF)
        | (b[i + 1] & 0xFF) << 8
        | (b[i + 2] & 0xFF) << 16
        | (b[i + 3] & 0xFF) << 24;
  }

  private static int offset(int unit) {
    return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
  }

  private int unit(int at) {
    return at >= 0 && at < units.length ? units[at] : 0;
  }

  /** Where the string for the shortest key that begins {@code key} begins, or -1. */
  private int find(byte[] key, int length) {
    if (units.length == 0) {
      return -1;
    }
    int at = offset(units[0]);
    for (int i = 0; i < length; i++) {
      int c = key[i] & 0xFF;
      if (c == 0) {
        return -1;
      }
      at ^= c;
      int unit = unit(at);
      if ((unit & (1 << 31 | 0xFF)) != c) {
        return -1;
      }
      at ^= offset(unit);
      if ((unit >>> 8 & 1) == 1) {
        return unit(at) & 0x7FFFFFFF;
      }
    }
    return -1;
  }

  @Override
  public void normalize(AlignedText text) {
    char[] chars = text.chars();
    int n = text.length();
    if (isPlain(chars, n)) {
      return;
    }
    IntList codes = new IntList(n + 16);
    IntList changes = new IntList(n + 16);
    byte[] bytes = new byte[16];
    boolean modified = false;
    for (int i = 0; i < n; ) {
      if (isPlainAt(chars, i, n)) {
        codes.add(chars[i++]);
        changes.add(0);
        continue;
      }
      int end = Graphemes.next(chars, i, n, true);
      int size = 0;
      int count = 0;
      for (int k = i; k < end && size < MAX_CLUSTER_BYTES; count++) {
        int c = Character.codePointAt(chars, k, n);
        size = Utf8.encode(c, bytes, size);
        k += Character.charCount(c);
      }
      if (size < MAX_CLUSTER_BYTES) {
        int at = find(bytes, size);
        if (at >= 0) {
          modified = true;
          replace(codes, changes, count, at);
          i = end;
          continue;
        }
      }
      while (i < end) {
        int c = Character.codePointAt(chars, i, n);
        int at = find(bytes, Utf8.encode(c, bytes, 0));
        if (at >= 0) {
          modified = true;
          replace(codes, changes, 1, at);
        } else {
          codes.add(c);
          changes.add(0);
        }
        i += Character.charCount(c);
      }
    }
    if (modified) {
      text.transform(codes.array(), changes.array(), codes.size(), 0);
    }
  }

  private boolean isPlain(char[] chars, int n) {
    for (int i = 0; i < n; i++) {
      if (chars[i] >= 128 || !plain[chars[i]]) {
        return false;
      }
    }
    return true;
  }

  /** Whether the character is ASCII, left alone, and cannot be the head of a cluster. */
  private boolean isPlainAt(char[] chars, int i, int n) {
    return chars[i] < 128 && plain[chars[i]] && (i + 1 == n || chars[i + 1] < 128);
  }

  /** The rules of the reference, down to a removal at the very start that leaves its mark on nothing. */
  private void replace(IntList codes, IntList changes, int oldCount, int at) {
    int end = at;
    while (end < strings.length && strings[end] != 0) {
      end++;
    }
    String made = at < strings.length ? Utf8.decodeLossy(strings, at, end) : "";
    int newCount = 0;
    for (int i = 0; i < made.length(); ) {
      int c = made.codePointAt(i);
      codes.add(c);
      changes.add(0);
      newCount++;
      i += Character.charCount(c);
    }
    int size = changes.size();
    if (newCount > oldCount) {
      for (int k = size - (newCount - oldCount); k < size; k++) {
        changes.set(k, 1);
      }
    } else if (newCount < oldCount && size > 0) {
      changes.set(size - 1, changes.get(size - 1) + newCount - oldCount);
    }
  }
}
