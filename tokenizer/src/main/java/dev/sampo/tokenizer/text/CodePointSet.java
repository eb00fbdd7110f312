package dev.sampo.tokenizer.text;

import java.util.Arrays;

/** An immutable set of code points: a bit a character for the basic plane, sorted ranges above it. */
public final class CodePointSet {
  /** The set that holds nothing. */
  public static final CodePointSet EMPTY = ofRanges();

  private final long[] basic = new long[1024];

  /** Sorted, disjoint, not adjacent: first, last, first, last, ... over all planes. */
  private final int[] ranges;

  private final int firstAboveBasic;

  private CodePointSet(int[] ranges) {
    this.ranges = ranges;
    int above = ranges.length;
    for (int i = 0; i < ranges.length; i += 2) {
      int last = Math.min(ranges[i + 1], 0xFFFF);
      for (int c = ranges[i]; c <= last; c++) {
        basic[c >> 6] |= 1L << c;
      }
      if (ranges[i + 1] > 0xFFFF && above == ranges.length) {
        above = i;
      }
    }
    firstAboveBasic = above;
  }

  /** A set from pairs of first and last code points, in any order. */
  public static CodePointSet ofRanges(int... pairs) {
    int n = pairs.length / 2;
    long[] sorted = new long[n];
    for (int i = 0; i < n; i++) {
      sorted[i] = ((long) pairs[2 * i] << 32) | pairs[2 * i + 1];
    }
    Arrays.sort(sorted);
    int[] out = new int[2 * n];
    int count = 0;
    for (long pair : sorted) {
      int first = (int) (pair >> 32);
      int last = (int) pair;
      if (last < first) {
        continue;
      }
      if (count > 0 && first <= out[count - 1] + 1) {
        out[count - 1] = Math.max(out[count - 1], last);
      } else {
        out[count++] = first;
        out[count++] = last;
      }
    }
    return new CodePointSet(Arrays.copyOf(out, count));
  }

  /** A set of single code points. */
  public static CodePointSet of(int... codePoints) {
    int[] pairs = new int[2 * codePoints.length];
    for (int i = 0; i < codePoints.length; i++) {
      pairs[2 * i] = codePoints[i];
      pairs[2 * i + 1] = codePoints[i];
    }
    return ofRanges(pairs);
  }

  /** Whether the set holds {@code codePoint}. */
  public boolean contains(int codePoint) {
    if (codePoint < 0x10000) {
      return (basic[codePoint >> 6] & (1L << codePoint)) != 0;
    }
    int low = firstAboveBasic >> 1;
    int high = (ranges.length >> 1) - 1;
    while (low <= high) {
      int mid = (low + high) >>> 1;
      if (codePoint < ranges[2 * mid]) {
        high = mid - 1;
      } else if (codePoint > ranges[2 * mid + 1]) {
        low = mid + 1;
      } else {
        return true;
      }
    }
    return false;
  }

  /** Whether the set holds the UTF-16 unit {@code c}, taken as a code point of the basic plane. */
  public boolean containsChar(char c) {
    return (basic[c >> 6] & (1L << c)) != 0;
  }

  /** All code points (0 to 10FFFF) that this set lacks. */
  public CodePointSet complement() {
    int[] out = new int[ranges.length + 2];
    int count = 0;
    int next = 0;
    for (int i = 0; i < ranges.length; i += 2) {
      if (ranges[i] > next) {
        out[count++] = next;
        out[count++] = ranges[i] - 1;
      }
      next = ranges[i + 1] + 1;
    }
    if (next <= 0x10FFFF) {
      out[count++] = next;
      out[count++] = 0x10FFFF;
    }
    return new CodePointSet(Arrays.copyOf(out, count));
  }

  /** What is in this set or in {@code other}. */
  public CodePointSet union(CodePointSet other) {
    int[] all = Arrays.copyOf(ranges, ranges.length + other.ranges.length);
    System.arraycopy(other.ranges, 0, all, ranges.length, other.ranges.length);
    return ofRanges(all);
  }

  /** What is in this set and in {@code other}. */
  public CodePointSet intersection(CodePointSet other) {
    return complement().union(other.complement()).complement();
  }

  /** What is in this set and not in {@code other}. */
  public CodePointSet minus(CodePointSet other) {
    return intersection(other.complement());
  }

  /** Sorted pairs of first and last code points; a copy. */
  public int[] ranges() {
    return ranges.clone();
  }

  /** How many code points the set holds. */
  public int size() {
    int size = 0;
    for (int i = 0; i < ranges.length; i += 2) {
      size += ranges[i + 1] - ranges[i] + 1;
    }
    return size;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof CodePointSet && Arrays.equals(ranges, ((CodePointSet) o).ranges);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ranges);
  }

  @Override
  public String toString() {
    return "CodePointSet" + Arrays.toString(ranges);
  }
}
