package dev.sampo.runtime;

import java.nio.ByteBuffer;
import java.nio.ShortBuffer;

/** Reads and writes elements of every type as floats or longs. Buffers are in native order, positions at 0. */
final class TensorData {
  private TensorData() {}

  static void read(ElementType type, ByteBuffer data, int from, float[] out, int offset, int n) {
    data.position(from * type.sizeBytes());
    switch (type) {
      case FLOAT32:
        data.asFloatBuffer().get(out, offset, n);
        break;
      case FLOAT16:
        {
          ShortBuffer s = data.asShortBuffer();
          for (int i = 0; i < n; i++) {
            out[offset + i] = HalfFloats.fromFloat16(s.get(i));
          }
          break;
        }
      case BFLOAT16:
        {
          ShortBuffer s = data.asShortBuffer();
          for (int i = 0; i < n; i++) {
            out[offset + i] = HalfFloats.fromBfloat16(s.get(i));
          }
          break;
        }
      case FLOAT64:
        {
          var d = data.asDoubleBuffer();
          for (int i = 0; i < n; i++) {
            out[offset + i] = (float) d.get(i);
          }
          break;
        }
      default:
        for (int i = 0; i < n; i++) {
          out[offset + i] = getLong(type, data, from + i);
        }
    }
  }

  static void read(ElementType type, ByteBuffer data, int from, long[] out, int offset, int n) {
    if (type.isFloat()) {
      throw new TensorException("A " + type + " tensor is read as floats, not as longs");
    }
    if (type == ElementType.INT64) {
      data.position(from * Long.BYTES);
      data.asLongBuffer().get(out, offset, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      out[offset + i] = getLong(type, data, from + i);
    }
  }

  static void write(ElementType type, ByteBuffer data, int at, float[] in, int offset, int n) {
    data.position(at * type.sizeBytes());
    switch (type) {
      case FLOAT32:
        data.asFloatBuffer().put(in, offset, n);
        break;
      case FLOAT16:
        {
          ShortBuffer s = data.asShortBuffer();
          for (int i = 0; i < n; i++) {
            s.put(i, HalfFloats.toFloat16(in[offset + i]));
          }
          break;
        }
      case BFLOAT16:
        {
          ShortBuffer s = data.asShortBuffer();
          for (int i = 0; i < n; i++) {
            s.put(i, HalfFloats.toBfloat16(in[offset + i]));
          }
          break;
        }
      case FLOAT64:
        {
          var d = data.asDoubleBuffer();
          for (int i = 0; i < n; i++) {
            d.put(i, in[offset + i]);
          }
          break;
        }
      default:
        for (int i = 0; i < n; i++) {
          putLong(type, data, at + i, wholeNumber(type, in[offset + i]));
        }
    }
  }

  static void write(ElementType type, ByteBuffer data, int at, long[] in, int offset, int n) {
    if (type == ElementType.INT64) {
      data.position(at * Long.BYTES);
      data.asLongBuffer().put(in, offset, n);
      return;
    }
    if (type.isFloat()) {
      float[] one = new float[1];
      for (int i = 0; i < n; i++) {
        one[0] = in[offset + i];
        write(type, data, at + i, one, 0, 1);
      }
      return;
    }
    for (int i = 0; i < n; i++) {
      putLong(type, data, at + i, in[offset + i]);
    }
  }

  static void convert(
      ElementType from, ByteBuffer source, ElementType to, ByteBuffer target, int count) {
    if (from == to) {
      source.position(0);
      source.limit(count * from.sizeBytes());
      target.position(0);
      target.put(source);
      return;
    }
    int block = Math.min(count, 4096);
    if (from.isFloat() || to.isFloat()) {
      float[] values = new float[block];
      for (int i = 0; i < count; i += block) {
        int n = Math.min(block, count - i);
        read(from, source, i, values, 0, n);
        write(to, target, i, values, 0, n);
      }
    } else {
      long[] values = new long[block];
      for (int i = 0; i < count; i += block) {
        int n = Math.min(block, count - i);
        read(from, source, i, values, 0, n);
        write(to, target, i, values, 0, n);
      }
    }
  }

  private static long getLong(ElementType type, ByteBuffer data, int index) {
    switch (type) {
      case INT8:
        return data.get(index);
      case UINT8:
        return data.get(index) & 0xff;
      case BOOL:
        return data.get(index) == 0 ? 0 : 1;
      case INT16:
        return data.getShort(index * Short.BYTES);
      case INT32:
        return data.getInt(index * Integer.BYTES);
      case INT64:
        return data.getLong(index * Long.BYTES);
      default:
        throw new TensorException("A " + type + " tensor cannot be read");
    }
  }

  private static void putLong(ElementType type, ByteBuffer data, int index, long value) {
    switch (type) {
      case INT8:
        data.put(index, (byte) inRange(type, value, Byte.MIN_VALUE, Byte.MAX_VALUE));
        break;
      case UINT8:
        data.put(index, (byte) inRange(type, value, 0, 255));
        break;
      case BOOL:
        data.put(index, (byte) (value == 0 ? 0 : 1));
        break;
      case INT16:
        data.putShort(
            index * Short.BYTES, (short) inRange(type, value, Short.MIN_VALUE, Short.MAX_VALUE));
        break;
      case INT32:
        data.putInt(
            index * Integer.BYTES,
            (int) inRange(type, value, Integer.MIN_VALUE, Integer.MAX_VALUE));
        break;
      case INT64:
        data.putLong(index * Long.BYTES, value);
        break;
      default:
        throw new TensorException("A " + type + " tensor cannot be written");
    }
  }

  private static long wholeNumber(ElementType type, float value) {
    if (type == ElementType.BOOL) {
      return value == 0 ? 0 : 1;
    }
    if (Float.isNaN(value) || value >= 0x1p63f || value < -0x1p63f) {
      throw new TensorException("The value " + value + " does not fit " + type);
    }
    return (long) value;
  }

  private static long inRange(ElementType type, long value, long low, long high) {
    if (value < low || value > high) {
      throw new TensorException(
          "The value " + value + " does not fit " + type + " (" + low + " to " + high + ")");
    }
    return value;
  }
}
