package dev.sampo.export.weights;

import com.google.protobuf.ByteString;
import dev.sampo.error.ModelException;
import dev.sampo.onnx.proto.StringStringEntryProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.runtime.SafePaths;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A matrix of weights of a graph, row by row or, transposed, column by column, wherever its bytes lie. Nothing is read whole. */
public final class Matrix {
  private final ByteBuffer bytes;
  private final int type;
  private final int rows;
  private final int columns;
  private final boolean transposed;

  private Matrix(ByteBuffer bytes, int type, int rows, int columns, boolean transposed) {
    this.bytes = bytes;
    this.type = type;
    this.rows = rows;
    this.columns = columns;
    this.transposed = transposed;
  }

  /** Whether a tensor is a matrix of numbers that can be read. */
  public static boolean isMatrix(@Nullable TensorProto tensor) {
    return tensor != null && tensor.getDimsCount() == 2 && width(tensor.getDataType()) > 0;
  }

  private static int width(int type) {
    return switch (type) {
      case TensorProto.DataType.FLOAT_VALUE -> 4;
      case TensorProto.DataType.FLOAT16_VALUE, TensorProto.DataType.BFLOAT16_VALUE -> 2;
      default -> 0;
    };
  }

  /**
   * The matrix of a tensor.
   *
   * @param graph file of the graph, from whose folder external data is read
   * @param transposed whether its columns are to be the rows
   */
  public static Matrix of(TensorProto tensor, Path graph, boolean transposed) throws IOException {
    int rows = size(tensor.getDims(0), tensor.getName(), graph);
    int columns = size(tensor.getDims(1), tensor.getName(), graph);
    // Beyond 2^63 it is negative, which is refused below as well.
    long length = (long) rows * columns * width(tensor.getDataType());
    ByteBuffer bytes = bytes(tensor, graph, length).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() != length) {
      throw new ModelException(
          graph,
          "Tensor '"
              + tensor.getName()
              + "' of "
              + graph
              + " has "
              + bytes.remaining()
              + " bytes, wanted "
              + length
              + ".");
    }
    return new Matrix(bytes, tensor.getDataType(), rows, columns, transposed);
  }

  /** The matrix of a tensor of a safetensors file. */
  static Matrix of(Weight weight, boolean transposed) throws IOException {
    ByteBuffer bytes =
        map(weight.file(), weight.name(), weight.offset(), weight.length())
            .order(ByteOrder.LITTLE_ENDIAN);
    return new Matrix(
        bytes,
        weight.type().onnx(),
        size(weight.dim(0), weight.name(), weight.file()),
        size(weight.dim(1), weight.name(), weight.file()),
        transposed);
  }

  private static ByteBuffer bytes(TensorProto tensor, Path graph, long length) throws IOException {
    if (tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL) {
      return inline(tensor);
    }
    Map<String, String> place = new HashMap<>();
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      place.put(entry.getKey(), entry.getValue());
    }
    Path folder = graph.toAbsolutePath().getParent();
    Path file =
        SafePaths.resolve(folder, place.getOrDefault("location", ""), "external data of " + graph);
    String offset = place.getOrDefault("offset", "0");
    try {
      return map(file, tensor.getName(), Long.parseLong(offset), length);
    } catch (NumberFormatException e) {
      throw new ModelException(
          graph,
          "Tensor '"
              + tensor.getName()
              + "' of "
              + graph
              + " lies at offset '"
              + offset
              + "' of "
              + file
              + ", which is no number.",
          e);
    }
  }

  private static int size(long size, String name, Path file) {
    if (size < 0 || size > Integer.MAX_VALUE) {
      throw new ModelException(
          file,
          "Tensor '"
              + name
              + "' of "
              + file
              + " has a dimension of "
              + size
              + "; a matrix has from 0 to "
              + Integer.MAX_VALUE
              + " rows and columns.");
    }
    return (int) size;
  }

  private static ByteBuffer map(Path file, String name, long offset, long length)
      throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (offset < 0
          || length < 0
          || length > channel.size() - offset
          || length > Integer.MAX_VALUE) {
        throw new ModelException(
            file,
            "Tensor '"
                + name
                + "' needs "
                + length
                + " bytes from "
                + offset
                + " of "
                + file
                + ", which has "
                + channel.size()
                + " (and 2 GB of one tensor are the most that are read).");
      }
      return channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
    }
  }

  private static ByteBuffer inline(TensorProto tensor) {
    if (tensor.hasRawData()) {
      ByteString raw = tensor.getRawData();
      return raw.asReadOnlyByteBuffer();
    }
    // Of the others the numbers would be in int32_data, which no exporter of weights writes.
    if (tensor.getDataType() != TensorProto.DataType.FLOAT_VALUE) {
      return ByteBuffer.allocate(0);
    }
    ByteBuffer buffer =
        ByteBuffer.allocate(4 * tensor.getFloatDataCount()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < tensor.getFloatDataCount(); i++) {
      buffer.putFloat(tensor.getFloatData(i));
    }
    buffer.flip();
    return buffer;
  }

  public int rows() {
    return transposed ? columns : rows;
  }

  public int columns() {
    return transposed ? rows : columns;
  }

  /** Reads one row. */
  public void row(int row, float[] target) {
    int count = columns();
    for (int i = 0; i < count; i++) {
      target[i] = at(transposed ? i * columns + row : row * columns + i);
    }
  }

  private float at(int index) {
    return switch (type) {
      case TensorProto.DataType.FLOAT_VALUE -> bytes.getFloat(bytes.position() + 4 * index);
      case TensorProto.DataType.BFLOAT16_VALUE ->
          Float.intBitsToFloat(bytes.getShort(bytes.position() + 2 * index) << 16);
      default -> half(bytes.getShort(bytes.position() + 2 * index));
    };
  }

  /** IEEE 754 binary16. */
  private static float half(short bits) {
    int exponent = bits >> 10 & 0x1f;
    int mantissa = bits & 0x3ff;
    float size =
        switch (exponent) {
          case 0 -> mantissa * 0x1p-24f;
          case 31 -> mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          default -> Float.intBitsToFloat(exponent + 112 << 23 | mantissa << 13);
        };
    return bits < 0 ? -size : size;
  }
}
