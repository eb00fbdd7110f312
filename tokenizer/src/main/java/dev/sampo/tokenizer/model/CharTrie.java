package dev.sampo.tokenizer.model;

import java.util.Arrays;

/** A trie over UTF-16 units: edges in an open-addressing table, so that it can be built fast and grows with its content. */
public final class CharTrie {
  private long[] keys = new long[1 << 10]; // node << 16 | unit, plus one; 0 is empty
  private int[] children = new int[1 << 10];
  private int edges;
  private int[] values = new int[1 << 8];
  private int nodes = 1;

  /** An empty trie; node 0 is its root. */
  public CharTrie() {
    Arrays.fill(values, -1);
  }

  private static int slot(long key, int mask) {
    long h = key * 0x9E3779B97F4A7C15L;
    return (int) (h >>> 36) & mask;
  }

  /** The node after {@code c} from {@code node}, or -1. */
  public int step(int node, char c) {
    long key = ((long) node << 16 | c) + 1;
    int mask = keys.length - 1;
    int slot = slot(key, mask);
    long k;
    while ((k = keys[slot]) != key) {
      if (k == 0) {
        return -1;
      }
      slot = (slot + 1) & mask;
    }
    return children[slot];
  }

  /** The value of the text that ends at {@code node}, or -1. */
  public int value(int node) {
    return values[node];
  }

  /** Adds a text; a later value for the same text takes the earlier one's place. */
  public void put(char[] text, int from, int to, int value) {
    int node = 0;
    for (int i = from; i < to; i++) {
      int child = step(node, text[i]);
      if (child < 0) {
        child = nodes++;
        if (child == values.length) {
          values = Arrays.copyOf(values, child * 2);
          Arrays.fill(values, child, values.length, -1);
        }
        insert(((long) node << 16 | text[i]) + 1, child);
      }
      node = child;
    }
    values[node] = value;
  }

  private void insert(long key, int child) {
    if (edges * 2 >= keys.length) {
      long[] oldKeys = keys;
      int[] oldChildren = children;
      keys = new long[oldKeys.length * 2];
      children = new int[oldKeys.length * 2];
      for (int i = 0; i < oldKeys.length; i++) {
        if (oldKeys[i] != 0) {
          place(oldKeys[i], oldChildren[i]);
        }
      }
    }
    place(key, child);
    edges++;
  }

  private void place(long key, int child) {
    int mask = keys.length - 1;
    int slot = slot(key, mask);
    while (keys[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    keys[slot] = key;
    children[slot] = child;
  }
}
