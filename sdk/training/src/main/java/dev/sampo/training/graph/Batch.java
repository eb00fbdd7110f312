package dev.sampo.training.graph;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.Dims;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The inputs of one step by name, in direct buffers. Filled once, then only read. */
public final class Batch {
  /** Values of one input. */
  public record Value(ByteBuffer bytes, boolean isFloat, long[] shape) {}

  private final Map<String, Value> values = new LinkedHashMap<>();

  /** Adds a float32 input. */
  public Batch floats(String name, float[] data, long... shape) {
    check(name, data.length, shape);
    ByteBuffer bytes = direct(4L * data.length);
    FloatBuffer floats = bytes.asFloatBuffer();
    floats.put(data);
    values.put(name, new Value(bytes, true, shape.clone()));
    return this;
  }

  /** Adds an int64 input. */
  public Batch longs(String name, long[] data, long... shape) {
    check(name, data.length, shape);
    ByteBuffer bytes = direct(8L * data.length);
    LongBuffer longs = bytes.asLongBuffer();
    longs.put(data);
    values.put(name, new Value(bytes, false, shape.clone()));
    return this;
  }

  private static ByteBuffer direct(long size) {
    return ByteBuffer.allocateDirect(Math.toIntExact(size)).order(ByteOrder.nativeOrder());
  }

  private static void check(String name, int length, long[] shape) {
    if (Dims.count(shape) != length) {
      throw new SampoException(
          "Input '"
              + name
              + "' of shape "
              + java.util.Arrays.toString(shape)
              + " was given "
              + length
              + " numbers.");
    }
  }

  public Set<String> names() {
    return Collections.unmodifiableSet(values.keySet());
  }

  public Value value(String name) {
    Value value = values.get(name);
    if (value == null) {
      throw new SampoException("The batch has no '" + name + "'; it has " + values.keySet() + ".");
    }
    return value;
  }
}
