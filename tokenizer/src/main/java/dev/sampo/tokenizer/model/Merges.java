package dev.sampo.tokenizer.model;

/** Merge rules: a pair of ids to its rank and the id it becomes. Immutable once built. */
final class Merges {
  private long[] keys;
  private long[] values; // rank << 32 | id
  private int size;

  Merges(int expected) {
    int n = 16;
    while (n < expected * 2L && n < 1 << 28) {
      n *= 2;
    }
    keys = new long[n];
    values = new long[n];
    java.util.Arrays.fill(keys, -1L);
  }

  private static int slot(long key, int mask) {
    long h = key * 0x9E3779B97F4A7C15L;
    return (int) (h >>> 40) & mask ^ ((int) (h >>> 20) & mask);
  }

  /** Adds a rule; a later one for the same pair takes its place. */
  void put(int left, int right, int rank, int id) {
    if (size * 2 >= keys.length) {
      grow();
    }
    long key = (long) left << 32 | right;
    int mask = keys.length - 1;
    int slot = slot(key, mask);
    while (keys[slot] != -1L && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    if (keys[slot] == -1L) {
      size++;
    }
    keys[slot] = key;
    values[slot] = (long) rank << 32 | id;
  }

  private void grow() {
    long[] oldKeys = keys;
    long[] oldValues = values;
    keys = new long[oldKeys.length * 2];
    values = new long[oldKeys.length * 2];
    java.util.Arrays.fill(keys, -1L);
    size = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != -1L) {
        put(
            (int) (oldKeys[i] >> 32),
            (int) oldKeys[i],
            (int) (oldValues[i] >> 32),
            (int) oldValues[i]);
      }
    }
  }

  /** Rank in the high half and new id in the low half, or -1. */
  long get(int left, int right) {
    long key = (long) left << 32 | right;
    int mask = keys.length - 1;
    int slot = slot(key, mask);
    long k;
    while ((k = keys[slot]) != key) {
      if (k == -1L) {
        return -1L;
      }
      slot = (slot + 1) & mask;
    }
    return values[slot];
  }
}
