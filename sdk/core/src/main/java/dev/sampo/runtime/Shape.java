package dev.sampo.runtime;

import dev.sampo.error.RequestException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a tensor: {@code Shape.of(1, 4, 64, 64)}, or, where a graph declares it, with dimensions that are unknown and may have a
 * symbol: {@code [batch,4,height,width]}. Immutable, compared by content (symbols included).
 */
public final class Shape {
  private static final Shape SCALAR = new Shape(new long[0], null);

  private final long[] dims;

  /** Null where every dimension is known. */
  private final @Nullable String @Nullable [] symbols;

  private Shape(long[] dims, @Nullable String @Nullable [] symbols) {
    this.dims = dims;
    this.symbols = symbols;
  }

  /**
   * A shape of known dimensions; none at all is a scalar.
   *
   * @throws RequestException if a dimension is negative
   */
  public static Shape of(long... dims) {
    for (long dim : dims) {
      if (dim < 0) {
        throw new RequestException(
            "shape", "Shape " + Arrays.toString(dims) + " has a negative dimension");
      }
    }
    return dims.length == 0 ? SCALAR : new Shape(dims.clone(), null);
  }

  /** The shape of a single value. */
  public static Shape scalar() {
    return SCALAR;
  }

  /**
   * A declared shape. {@code dims[i] < 0} means unknown, {@code symbols[i]} is its name or null.
   *
   * @throws RequestException if the arrays differ in length
   */
  public static Shape declared(long[] dims, @Nullable String[] symbols) {
    if (dims.length != symbols.length) {
      throw new RequestException(
          "symbols", dims.length + " dimensions but " + symbols.length + " symbols");
    }
    long[] d = dims.clone();
    @Nullable String[] s = new @Nullable String[d.length];
    boolean known = true;
    for (int i = 0; i < d.length; i++) {
      d[i] = Math.max(-1, d[i]);
      known &= d[i] >= 0;
      String symbol = symbols[i];
      s[i] = d[i] >= 0 || symbol == null || symbol.isEmpty() ? null : symbol;
    }
    return new Shape(d, known ? null : s);
  }

  /** A shape of known dimensions that takes the array as its own. */
  static Shape ofOwned(long[] dims) {
    return new Shape(dims, null);
  }

  private @Nullable String symbolAt(int axis) {
    return symbols == null ? null : symbols[axis];
  }

  /** Number of dimensions. */
  public int rank() {
    return dims.length;
  }

  /** Dimension {@code axis}, -1 where unknown; a negative axis counts from the end. */
  public long dim(int axis) {
    return dims[axis < 0 ? axis + dims.length : axis];
  }

  /** The symbol of dimension {@code axis}, or null where the dimension is known or has none. */
  public @Nullable String symbol(int axis) {
    return symbolAt(axis < 0 ? axis + dims.length : axis);
  }

  /** A copy of the dimensions, -1 where unknown. */
  public long[] dims() {
    return dims.clone();
  }

  /** Whether every dimension is known. */
  public boolean isConcrete() {
    for (long dim : dims) {
      if (dim < 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Number of elements.
   *
   * @throws IllegalStateException if a dimension is unknown
   * @throws ArithmeticException if it does not fit a long
   */
  public long elementCount() {
    long n = 1;
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalStateException("Shape " + this + " has unknown dimensions");
      }
      n = Math.multiplyExact(n, dim);
    }
    return n;
  }

  /** Whether a tensor of shape {@code actual} fits: the same rank, and the same value wherever this shape knows one. */
  public boolean accepts(Shape actual) {
    if (actual.dims.length != dims.length) {
      return false;
    }
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] >= 0 && dims[i] != actual.dims[i]) {
        return false;
      }
    }
    return true;
  }

  /** This shape with dimension {@code axis} (negative: from the end) replaced. */
  public Shape with(int axis, long dim) {
    int i = axis < 0 ? axis + dims.length : axis;
    long[] d = dims.clone();
    @Nullable String[] s = symbols == null ? new @Nullable String[d.length] : symbols.clone();
    d[i] = dim;
    s[i] = null;
    return declared(d, s);
  }

  long[] dimsUnsafe() {
    return dims;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Shape
        && Arrays.equals(dims, ((Shape) other).dims)
        && Arrays.equals(symbols, ((Shape) other).symbols);
  }

  @Override
  public int hashCode() {
    return Objects.hash(Arrays.hashCode(dims), Arrays.hashCode(symbols));
  }

  /** Such as {@code [batch,4,64,?]}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < dims.length; i++) {
      text.append(i == 0 ? "" : ",");
      String symbol = symbolAt(i);
      if (dims[i] >= 0) {
        text.append(dims[i]);
      } else {
        text.append(symbol == null ? "?" : symbol);
      }
    }
    return text.append(']').toString();
  }
}
