package dev.sampo.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.error.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Weights of a small {@code .safetensors} file: 8 bytes that say how long the header is, the header (JSON: type, shape and place of each
 * tensor), the bytes.
 */
public final class Safetensors {
  private static final long MOST_BYTES = 1L << 28;

  private final Path file;
  private final JsonNode header;
  private final ByteBuffer data;

  private Safetensors(Path file, JsonNode header, ByteBuffer data) {
    this.file = file;
    this.header = header;
    this.data = data;
  }

  /**
   * Reads a file of up to 256 MiB.
   *
   * @throws ModelException if it cannot be read, or is none
   */
  public static Safetensors read(Path file) {
    ModelException.refuseSpecial(file);
    try {
      long size = Files.size(file);
      if (size < 8 || size > MOST_BYTES) {
        throw new ModelException(
            file, file + " has " + size + " bytes; wanted a safetensors file of up to 256 MiB.");
      }
      ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      long length = all.getLong(0);
      if (length < 2 || length > size - 8) {
        throw new ModelException(
            file, file + " is truncated: its header would have " + length + " bytes.");
      }
      byte[] json = Arrays.copyOfRange(all.array(), 8, 8 + (int) length);
      JsonNode header = new ObjectMapper().readTree(json);
      all.position(8 + (int) length);
      return new Safetensors(file, header, all.slice().order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException e) {
      throw new ModelException(file, file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * The values of a tensor of float32, float16, bfloat16 or float64.
   *
   * @param shape the shape it must have
   * @throws ModelException if it is missing, of another type or of another shape
   */
  public float[] floats(String name, int... shape) {
    JsonNode entry = header.path(name);
    int count = 1;
    boolean fits = entry.path("shape").size() == shape.length;
    for (int i = 0; i < shape.length; i++) {
      count = Math.multiplyExact(count, shape[i]);
      fits &= entry.path("shape").path(i).asLong(-1) == shape[i];
    }
    long from = entry.path("data_offsets").path(0).asLong(-1);
    long to = entry.path("data_offsets").path(1).asLong(-1);
    String type = entry.path("dtype").asText();
    int width = type.equals("F64") ? 8 : type.equals("F32") ? 4 : 2;
    fits &= from >= 0 && to <= data.capacity() && to - from == (long) count * width;
    if (!fits || !Arrays.asList("F64", "F32", "F16", "BF16").contains(type)) {
      throw new ModelException(
          file,
          file
              + " has no floats '"
              + name
              + "' of shape "
              + Arrays.toString(shape)
              + "; it has "
              + (entry.isMissingNode() ? "none of that name" : entry)
              + ".");
    }
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      int at = (int) from + i * width;
      out[i] =
          width == 8
              ? (float) data.getDouble(at)
              : width == 4
                  ? data.getFloat(at)
                  : type.equals("F16")
                      ? half(data.getShort(at))
                      : Float.intBitsToFloat(data.getShort(at) << 16);
    }
    return out;
  }

  /** A 16-bit float: 1 bit of sign, 5 of exponent (bias 15), 10 of mantissa. */
  private static float half(short bits) {
    int exponent = bits >> 10 & 31;
    int mantissa = bits & 1023;
    float value =
        exponent == 0
            ? mantissa * 0x1p-24f
            : exponent == 31
                ? (mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN)
                : (1024 + mantissa) * (float) Math.scalb(1.0, exponent - 25);
    return bits < 0 ? -value : value;
  }
}
