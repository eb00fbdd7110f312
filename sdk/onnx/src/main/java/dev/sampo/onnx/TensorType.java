package dev.sampo.onnx;

import dev.sampo.onnx.proto.TensorProto;
import java.util.Arrays;

/** Element type (a number of {@code TensorProto.DataType}) and fixed dimensions of a value. */
public final class TensorType {
  private final int elementType;
  private final long[] dims;

  private TensorType(int elementType, long[] dims) {
    this.elementType = elementType;
    this.dims = dims.clone();
  }

  public static TensorType of(int elementType, long... dims) {
    return new TensorType(elementType, dims);
  }

  /** A float32 value. */
  public static TensorType floats(long... dims) {
    return new TensorType(TensorProto.DataType.FLOAT_VALUE, dims);
  }

  /** An int64 value. */
  public static TensorType longs(long... dims) {
    return new TensorType(TensorProto.DataType.INT64_VALUE, dims);
  }

  public int elementType() {
    return elementType;
  }

  public long[] dims() {
    return dims.clone();
  }

  public int rank() {
    return dims.length;
  }

  /** The size of one axis; a negative axis counts from the end. */
  public long dim(int axis) {
    return dims[axis < 0 ? axis + dims.length : axis];
  }

  public long elementCount() {
    return Dims.count(dims);
  }

  public boolean isFloat() {
    return elementType == TensorProto.DataType.FLOAT_VALUE;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorType that
        && elementType == that.elementType
        && Arrays.equals(dims, that.dims);
  }

  @Override
  public int hashCode() {
    return 31 * elementType + Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    TensorProto.DataType type = TensorProto.DataType.forNumber(elementType);
    return (type == null ? elementType : type) + Arrays.toString(dims);
  }
}
