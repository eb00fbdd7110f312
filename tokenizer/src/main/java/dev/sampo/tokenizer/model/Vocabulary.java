package dev.sampo.tokenizer.model;

import dev.sampo.tokenizer.TokenizerException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tokens and their ids: all characters in one array and an open-addressing table over it, so that a look-up by part of a
 * text makes no string. Immutable once built, and thread-safe then.
 */
public final class Vocabulary {
  private char[] chars = new char[1 << 12];
  private int charCount;
  private int[] offsets = new int[1 << 9]; // of entry i; its end is offsets[i + 1]
  private int[] ids = new int[1 << 9]; // of entry i
  private int count;
  private int[] table = new int[1 << 10]; // entry + 1
  private int[] hashes = new int[1 << 9];
  private int[] entryOfId = new int[0];
  private int longest;

  /** An empty vocabulary. */
  public Vocabulary() {}

  /** Adds a token; if it is there already, it gets this id. */
  public void put(char[] text, int from, int length, int id) {
    int h = hash(text, from, length);
    int slot = slot(table, h);
    while (table[slot] != 0) {
      int e = table[slot] - 1;
      if (hashes[e] == h && equals(e, text, from, length)) {
        ids[e] = id;
        return;
      }
      slot = (slot + 1) & (table.length - 1);
    }
    if (count + 2 > offsets.length) {
      offsets = Arrays.copyOf(offsets, offsets.length * 2);
      ids = Arrays.copyOf(ids, ids.length * 2);
      hashes = Arrays.copyOf(hashes, hashes.length * 2);
    }
    if (charCount + length > chars.length) {
      chars = Arrays.copyOf(chars, Math.max(charCount + length, chars.length * 2));
    }
    System.arraycopy(text, from, chars, charCount, length);
    charCount += length;
    offsets[count + 1] = charCount;
    ids[count] = id;
    hashes[count] = h;
    longest = Math.max(longest, length);
    table[slot] = ++count;
    if (count * 2 > table.length) {
      grow();
    }
  }

  /** Adds a token; if it is there already, it gets this id. */
  public void put(String token, int id) {
    put(token.toCharArray(), 0, token.length(), id);
  }

  /** To be called once, after the last {@link #put}. */
  public Vocabulary build() {
    int max = -1;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, ids[i]);
    }
    // Ids are trusted to be dense, but a file that says 2147483647 must not take 8 GB.
    if (max > 20_000_000 && max / 64 > count) {
      throw new TokenizerException("has id " + max + " but only " + count + " tokens");
    }
    entryOfId = new int[max + 1];
    Arrays.fill(entryOfId, -1);
    for (int i = 0; i < count; i++) {
      entryOfId[ids[i]] = i;
    }
    return this;
  }

  private static int slot(int[] table, int hash) {
    int h = hash * 0x9E3779B9;
    return (h ^ h >>> 15) & (table.length - 1);
  }

  private void grow() {
    int[] bigger = new int[table.length * 2];
    for (int e = 0; e < count; e++) {
      int slot = slot(bigger, hashes[e]);
      while (bigger[slot] != 0) {
        slot = (slot + 1) & (bigger.length - 1);
      }
      bigger[slot] = e + 1;
    }
    table = bigger;
  }

  /** The hash that {@link #find(int, char[], int, int)} takes. */
  static int hash(char[] text, int from, int length) {
    int h = 0;
    for (int i = from; i < from + length; i++) {
      h = 31 * h + text[i];
    }
    return h;
  }

  private boolean equals(int e, char[] text, int from, int length) {
    int o = offsets[e];
    if (offsets[e + 1] - o != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (chars[o + i] != text[from + i]) {
        return false;
      }
    }
    return true;
  }

  /** The id of units {@code from} to {@code from + length}, or -1. */
  public int id(char[] text, int from, int length) {
    return length > longest ? -1 : find(hash(text, from, length), text, from, length);
  }

  private int find(int h, char[] text, int from, int length) {
    int slot = slot(table, h);
    while (table[slot] != 0) {
      int e = table[slot] - 1;
      if (hashes[e] == h && equals(e, text, from, length)) {
        return ids[e];
      }
      slot = (slot + 1) & (table.length - 1);
    }
    return -1;
  }

  /** The id of the concatenation of two parts of two texts, or -1. */
  public int id(char[] a, int aFrom, int aLength, char[] b, int bFrom, int bLength) {
    int h = 0;
    for (int i = aFrom; i < aFrom + aLength; i++) {
      h = 31 * h + a[i];
    }
    for (int i = bFrom; i < bFrom + bLength; i++) {
      h = 31 * h + b[i];
    }
    int slot = slot(table, h);
    while (table[slot] != 0) {
      int e = table[slot] - 1;
      if (hashes[e] == h && equals(e, a, aFrom, aLength, b, bFrom, bLength)) {
        return ids[e];
      }
      slot = (slot + 1) & (table.length - 1);
    }
    return -1;
  }

  private boolean equals(
      int e, char[] a, int aFrom, int aLength, char[] b, int bFrom, int bLength) {
    int o = offsets[e];
    if (offsets[e + 1] - o != aLength + bLength) {
      return false;
    }
    for (int i = 0; i < aLength; i++) {
      if (chars[o + i] != a[aFrom + i]) {
        return false;
      }
    }
    for (int i = 0; i < bLength; i++) {
      if (chars[o + aLength + i] != b[bFrom + i]) {
        return false;
      }
    }
    return true;
  }

  /** The id of {@code token}, or -1. */
  public int id(String token) {
    return id(token.toCharArray(), 0, token.length());
  }

  /** The token of {@code id}, or null. */
  public @Nullable String token(int id) {
    int e = id >= 0 && id < entryOfId.length ? entryOfId[id] : -1;
    return e < 0 ? null : new String(chars, offsets[e], offsets[e + 1] - offsets[e]);
  }

  /** How many tokens there are. */
  public int size() {
    return count;
  }

  /** One more than the greatest id. */
  public int idLimit() {
    return entryOfId.length;
  }

  /** Length of the longest token in units. */
  public int longest() {
    return longest;
  }

  /** All characters of all tokens, one after the other; not to be written to. */
  char[] characters() {
    return chars;
  }

  /** Where entry {@code i} begins in {@link #characters()}. */
  int offset(int i) {
    return offsets[i];
  }

  /** The id of entry {@code i}. */
  int idOfEntry(int i) {
    return ids[i];
  }
}
