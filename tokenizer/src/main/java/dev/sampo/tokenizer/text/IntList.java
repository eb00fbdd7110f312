package dev.sampo.tokenizer.text;

import java.util.Arrays;

/** A growing int array that can be emptied and filled again without a new allocation. */
public final class IntList {
  private int[] values;
  private int size;

  /** An empty list. */
  public IntList() {
    this(16);
  }

  /** An empty list with room for {@code capacity} values. */
  public IntList(int capacity) {
    values = new int[Math.max(4, capacity)];
  }

  /** Adds one value. */
  public void add(int value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    values[size++] = value;
  }

  /** Adds {@code count} values of {@code from}, beginning at {@code offset}. */
  public void addAll(int[] from, int offset, int count) {
    if (size + count > values.length) {
      values = Arrays.copyOf(values, Math.max(size + count, size * 2));
    }
    System.arraycopy(from, offset, values, size, count);
    size += count;
  }

  /** The value at {@code index}. */
  public int get(int index) {
    return values[index];
  }

  /** Replaces the value at {@code index}. */
  public void set(int index, int value) {
    values[index] = value;
  }

  /** How many values there are. */
  public int size() {
    return size;
  }

  /** Forgets all values, keeps the room. */
  public void clear() {
    size = 0;
  }

  /** Cuts the list to its first {@code newSize} values. */
  public void truncate(int newSize) {
    size = newSize;
  }

  /** The backing array; valid until the next addition. Only its first {@link #size()} values count. */
  public int[] array() {
    return values;
  }

  /** A copy of the values. */
  public int[] toArray() {
    return Arrays.copyOf(values, size);
  }
}
