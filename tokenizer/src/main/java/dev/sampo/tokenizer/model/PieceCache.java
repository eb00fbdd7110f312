package dev.sampo.tokenizer.model;

import java.util.Arrays;

/**
 * Remembers the tokens of pieces already seen. Keys and values lie in two arrays, so that neither a look-up nor a miss
 * makes an object; when full it is emptied. One thread at a time.
 */
final class PieceCache {
  /** Longer pieces are not worth the room. */
  static final int MAX_PIECE = 48;

  private static final int MAX_ENTRIES = 1 << 15;

  private int[] table = new int[1 << 10]; // entry + 1
  private int[] hashes = new int[1 << 9];
  private int[] keyStarts = new int[(1 << 9) + 1];
  private int[] valueStarts = new int[(1 << 9) + 1];
  private char[] keys = new char[1 << 12];
  private int[] values = new int[1 << 11];
  private int count;

  private int found;

  /** The key's hash; to be given to the other methods. */
  static int hash(char[] text, int from, int to) {
    int h = to - from;
    for (int i = from; i < to; i++) {
      h = 31 * h + text[i];
    }
    h *= 0x9E3779B9;
    return h ^ h >>> 15;
  }

  /** Looks for a piece; if true, {@link #emit} gives its tokens. */
  boolean find(char[] text, int from, int to, int hash) {
    int mask = table.length - 1;
    int slot = hash & mask;
    int e;
    while ((e = table[slot] - 1) >= 0) {
      if (hashes[e] == hash) {
        int k = keyStarts[e];
        if (keyStarts[e + 1] - k == to - from) {
          int i = from;
          while (i < to && keys[k] == text[i]) {
            i++;
            k++;
          }
          if (i == to) {
            found = e;
            return true;
          }
        }
      }
      slot = (slot + 1) & mask;
    }
    return false;
  }

  /** Adds the tokens of the piece last found, which begins at {@code base}. */
  void emit(int base, TokenSink out) {
    int end = valueStarts[found + 1];
    for (int v = valueStarts[found]; v < end; v += 2) {
      int range = values[v + 1];
      out.add(values[v], base + (range >>> 16), base + (range & 0xFFFF));
    }
  }

  /** Remembers the tokens from index {@code first} of {@code out} as those of the piece. */
  void put(char[] text, int from, int to, int hash, TokenSink out, int first) {
    int n = out.size() - first;
    if (count >= MAX_ENTRIES) {
      Arrays.fill(table, 0);
      count = 0;
    }
    if (count + 1 >= keyStarts.length) {
      grow();
    }
    int k = keyStarts[count];
    int v = valueStarts[count];
    if (k + to - from > keys.length) {
      keys = Arrays.copyOf(keys, keys.length * 2);
    }
    if (v + 2 * n > values.length) {
      values = Arrays.copyOf(values, Math.max(values.length * 2, v + 2 * n));
    }
    System.arraycopy(text, from, keys, k, to - from);
    for (int i = first; i < out.size(); i++) {
      values[v++] = out.ids().get(i);
      values[v++] = (out.starts().get(i) - from) << 16 | (out.ends().get(i) - from);
    }
    hashes[count] = hash;
    keyStarts[count + 1] = k + to - from;
    valueStarts[count + 1] = v;
    count++;
    insert(table, hash, count);
  }

  private static void insert(int[] table, int hash, int value) {
    int mask = table.length - 1;
    int slot = hash & mask;
    while (table[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    table[slot] = value;
  }

  private void grow() {
    hashes = Arrays.copyOf(hashes, hashes.length * 2);
    keyStarts = Arrays.copyOf(keyStarts, hashes.length + 1);
    valueStarts = Arrays.copyOf(valueStarts, hashes.length + 1);
    table = new int[hashes.length * 2];
    for (int i = 0; i < count; i++) {
      insert(table, hashes[i], i + 1);
    }
  }
}
