package dev.sampo.export.weights;

import java.nio.file.Path;
import java.util.Arrays;

/** One tensor of a safetensors file: what it is and where its bytes lie. Immutable. */
public final class Weight {
  private final String name;
  private final WeightType type;
  private final long[] shape;
  private final Path file;
  private final long offset;
  private final long length;

  Weight(String name, WeightType type, long[] shape, Path file, long offset, long length) {
    this.name = name;
    this.type = type;
    this.shape = shape.clone();
    this.file = file;
    this.offset = offset;
    this.length = length;
  }

  public String name() {
    return name;
  }

  public WeightType type() {
    return type;
  }

  /** Dimensions, outermost first; empty for a scalar. */
  public long[] shape() {
    return shape.clone();
  }

  public int rank() {
    return shape.length;
  }

  /** One dimension; a negative axis counts from the end. */
  public long dim(int axis) {
    return shape[axis < 0 ? axis + shape.length : axis];
  }

  /** The file that holds it. */
  public Path file() {
    return file;
  }

  /** Where its bytes begin, from the start of the file. */
  public long offset() {
    return offset;
  }

  /** Number of its bytes. */
  public long length() {
    return length;
  }

  @Override
  public String toString() {
    return name + " " + type + Arrays.toString(shape);
  }
}
