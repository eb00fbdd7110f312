package dev.sampo.onnx;

import java.util.Arrays;

/** Small arithmetic on dimension arrays. */
public final class Dims {
  private Dims() {}

  /** The number of elements. */
  public static long count(long... dims) {
    long count = 1;
    for (long dim : dims) {
      count *= dim;
    }
    return count;
  }

  /** 0, 1, ... n-1. */
  public static long[] range(int n) {
    return range(0, n);
  }

  /** from, ... to-1. */
  public static long[] range(int from, int to) {
    long[] result = new long[Math.max(0, to - from)];
    for (int i = 0; i < result.length; i++) {
      result[i] = from + i;
    }
    return result;
  }

  /** Axes of a tensor of this rank, none negative. */
  public static long[] normalize(long[] axes, int rank) {
    long[] result = axes.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] = normalize(result[i], rank);
    }
    return result;
  }

  /** An axis of a tensor of this rank, not negative. */
  public static int normalize(long axis, int rank) {
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /** The permutation that undoes this one. */
  public static long[] inverse(long[] permutation) {
    long[] result = new long[permutation.length];
    for (int i = 0; i < permutation.length; i++) {
      result[(int) permutation[i]] = i;
    }
    return result;
  }

  /** A copy with one axis set to another size. */
  public static long[] with(long[] dims, int axis, long size) {
    long[] result = dims.clone();
    result[axis] = size;
    return result;
  }

  /** A copy with the axes set to size 1. */
  public static long[] keepDims(long[] dims, long[] axes) {
    long[] result = dims.clone();
    for (long axis : axes) {
      result[(int) axis] = 1;
    }
    return result;
  }

  /** The permutation that swaps two axes. */
  public static long[] swap(int rank, int a, int b) {
    long[] result = range(rank);
    result[a] = b;
    result[b] = a;
    return result;
  }

  /** Several arrays in a row. */
  public static long[] concat(long[]... parts) {
    int length = 0;
    for (long[] part : parts) {
      length += part.length;
    }
    long[] result = new long[length];
    int at = 0;
    for (long[] part : parts) {
      System.arraycopy(part, 0, result, at, part.length);
      at += part.length;
    }
    return result;
  }

  static boolean contains(long[] values, long wanted) {
    return Arrays.stream(values).anyMatch(v -> v == wanted);
  }

  public static int[] toInts(long[] values) {
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }
}
