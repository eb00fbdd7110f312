package dev.sampo.onnx;

import com.google.protobuf.ByteString;
import dev.sampo.onnx.proto.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/** Makes and reads {@code TensorProto}s. */
public final class Tensors {
  private Tensors() {}

  public static TensorProto ofFloats(String name, long[] dims, float... values) {
    check(name, dims, values.length);
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return raw(name, TensorProto.DataType.FLOAT_VALUE, dims, bytes.array());
  }

  public static TensorProto ofLongs(String name, long[] dims, long... values) {
    check(name, dims, values.length);
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return raw(name, TensorProto.DataType.INT64_VALUE, dims, bytes.array());
  }

  /** A tensor over little-endian bytes. */
  public static TensorProto raw(String name, int elementType, long[] dims, byte[] bytes) {
    TensorProto.Builder builder =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(elementType)
            .setRawData(ByteString.copyFrom(bytes));
    for (long dim : dims) {
      builder.addDims(dim);
    }
    return builder.build();
  }

  private static void check(String name, long[] dims, int length) {
    if (Dims.count(dims) != length) {
      throw new GraphException(
          "Tensor '" + name + "' of " + Dims.count(dims) + " elements was given " + length + ".");
    }
  }

  public static long[] dims(TensorProto tensor) {
    return longs(tensor.getDimsList());
  }

  public static TensorType type(TensorProto tensor) {
    return TensorType.of(tensor.getDataType(), dims(tensor));
  }

  /** How many elements a tensor declares, where it holds as many. */
  private static int count(TensorProto tensor, int given) {
    long count = 1;
    for (long dim : tensor.getDimsList()) {
      boolean fits = dim >= 0 && (dim == 0 || count <= Integer.MAX_VALUE / dim);
      count = fits ? count * dim : -1;
      if (!fits) {
        break;
      }
    }
    if (count != given) {
      throw new GraphException(
          "Tensor '"
              + tensor.getName()
              + "' of shape "
              + tensor.getDimsList()
              + " holds "
              + given
              + " values. Export the model again.");
    }
    return given;
  }

  private static int held(TensorProto tensor, int width, int listed) {
    return tensor.hasRawData() ? tensor.getRawData().size() / width : listed;
  }

  static long[] longs(List<Long> list) {
    long[] result = new long[list.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = list.get(i);
    }
    return result;
  }

  /** The values of a float32 (or float64) tensor, in C order. */
  public static float[] toFloats(TensorProto tensor) {
    if (tensor.getDataType() == TensorProto.DataType.DOUBLE_VALUE) {
      int count = count(tensor, held(tensor, 8, tensor.getDoubleDataCount()));
      float[] result = new float[count];
      double[] doubles = new double[count];
      if (tensor.hasRawData()) {
        little(tensor).asDoubleBuffer().get(doubles);
      } else {
        for (int i = 0; i < count; i++) {
          doubles[i] = tensor.getDoubleData(i);
        }
      }
      for (int i = 0; i < count; i++) {
        result[i] = (float) doubles[i];
      }
      return result;
    }
    require(tensor, TensorProto.DataType.FLOAT_VALUE);
    int count = count(tensor, held(tensor, 4, tensor.getFloatDataCount()));
    float[] result = new float[count];
    if (tensor.hasRawData()) {
      FloatBuffer floats = little(tensor).asFloatBuffer();
      floats.get(result);
    } else {
      for (int i = 0; i < count; i++) {
        result[i] = tensor.getFloatData(i);
      }
    }
    return result;
  }

  /** The values of an integer or bool tensor, in C order. */
  public static long[] toLongs(TensorProto tensor) {
    if (tensor.getDataType() != TensorProto.DataType.INT32_VALUE
        && tensor.getDataType() != TensorProto.DataType.BOOL_VALUE) {
      require(tensor, TensorProto.DataType.INT64_VALUE);
    }
    int count =
        switch (tensor.getDataType()) {
          case TensorProto.DataType.INT64_VALUE ->
              count(tensor, held(tensor, 8, tensor.getInt64DataCount()));
          case TensorProto.DataType.INT32_VALUE ->
              count(tensor, held(tensor, 4, tensor.getInt32DataCount()));
          default -> count(tensor, held(tensor, 1, tensor.getInt32DataCount()));
        };
    long[] result = new long[count];
    switch (tensor.getDataType()) {
      case TensorProto.DataType.INT64_VALUE -> {
        if (tensor.hasRawData()) {
          little(tensor).asLongBuffer().get(result);
        } else {
          for (int i = 0; i < count; i++) {
            result[i] = tensor.getInt64Data(i);
          }
        }
      }
      case TensorProto.DataType.INT32_VALUE -> {
        ByteBuffer bytes = little(tensor);
        for (int i = 0; i < count; i++) {
          result[i] = tensor.hasRawData() ? bytes.getInt() : tensor.getInt32Data(i);
        }
      }
      case TensorProto.DataType.BOOL_VALUE -> {
        ByteBuffer bytes = little(tensor);
        for (int i = 0; i < count; i++) {
          result[i] = tensor.hasRawData() ? bytes.get() : tensor.getInt32Data(i);
        }
      }
      default -> throw new IllegalStateException("checked above");
    }
    return result;
  }

  private static ByteBuffer little(TensorProto tensor) {
    return ByteBuffer.wrap(tensor.getRawData().toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void require(TensorProto tensor, int elementType) {
    if (tensor.getDataType() != elementType) {
      throw new GraphException(
          "Tensor '"
              + tensor.getName()
              + "' has element type "
              + TensorProto.DataType.forNumber(tensor.getDataType())
              + ", wanted "
              + TensorProto.DataType.forNumber(elementType)
              + ". Training works in float32; export the model in it.");
    }
  }
}
