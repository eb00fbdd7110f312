package dev.sampo.io;

import dev.sampo.error.RequestException;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An array of a NumPy {@code .npy} file (format 1.0; 2.0 and 3.0 are read too), in C order: float32,
 * float64, int32, int64, uint8 or bool. Immutable, compared by content. A scalar has an empty shape.
 *
 * <p>Format: <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib
 * .format</a>.
 */
public final class NpyArray {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([^)]*)\\)");

  /** The element types that are read and written; {@code descr} is NumPy's name. */
  public enum Type {
    FLOAT32("<f4", 4),
    FLOAT64("<f8", 8),
    INT32("<i4", 4),
    INT64("<i8", 8),
    UINT8("|u1", 1),
    BOOL("|b1", 1);

    private final String descr;
    private final int sizeBytes;

    Type(String descr, int sizeBytes) {
      this.descr = descr;
      this.sizeBytes = sizeBytes;
    }
  }

  private final Type type;
  private final long[] shape;
  private final byte[] data;

  private NpyArray(Type type, long[] shape, byte[] data) {
    this.type = type;
    this.shape = shape;
    this.data = data;
  }

  /** A float32 array; the values are copied. */
  public static NpyArray ofFloats(float[] values, long... shape) {
    ByteBuffer data = allocate(Type.FLOAT32, values.length, shape);
    data.asFloatBuffer().put(values);
    return new NpyArray(Type.FLOAT32, shape.clone(), data.array());
  }

  /** A float64 array; the values are copied. */
  public static NpyArray ofDoubles(double[] values, long... shape) {
    ByteBuffer data = allocate(Type.FLOAT64, values.length, shape);
    data.asDoubleBuffer().put(values);
    return new NpyArray(Type.FLOAT64, shape.clone(), data.array());
  }

  /** An int64 array; the values are copied. */
  public static NpyArray ofLongs(long[] values, long... shape) {
    ByteBuffer data = allocate(Type.INT64, values.length, shape);
    data.asLongBuffer().put(values);
    return new NpyArray(Type.INT64, shape.clone(), data.array());
  }

  /** An uint8 array; the values are copied. */
  public static NpyArray ofBytes(byte[] values, long... shape) {
    ByteBuffer data = allocate(Type.UINT8, values.length, shape);
    data.put(values);
    return new NpyArray(Type.UINT8, shape.clone(), data.array());
  }

  /**
   * Reads a file.
   *
   * @throws IOException when it cannot be read, is no {@code .npy} file, is cut short, or holds a type or an
   *     order that is not supported; the message says which
   */
  public static NpyArray read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, file.toString());
    }
  }

  /** As {@link #read(Path)}, from a stream which stays open; {@code name} is for messages. */
  public static NpyArray read(InputStream in, String name) throws IOException {
    DataInputStream data = new DataInputStream(in);
    String header = header(data, name);
    Type type = type(group(DESCR, header, name), name);
    if (group(ORDER, header, name).equals("True")) {
      throw new IOException(
          name + " is in Fortran order. Save it with np.save(file, np.ascontiguousarray(array)).");
    }
    long[] shape = shape(group(SHAPE, header, name), name);
    long sizeBytes = sizeBytes(shape, type, name);
    byte[] bytes = readAtMost(data, sizeBytes, name);
    if (bytes.length < sizeBytes) {
      throw new IOException(
          name
              + " is cut short: "
              + type.name().toLowerCase(Locale.ROOT)
              + Arrays.toString(shape)
              + " wants "
              + sizeBytes
              + " bytes of data, got "
              + bytes.length
              + ".");
    }
    return new NpyArray(type, shape, bytes);
  }

  /** Writes the array whole or not at all. */
  public void write(Path file) throws IOException {
    AtomicFile.write(file, this::writeTo);
  }

  /** Writes the array in format 1.0; the stream stays open. */
  public void writeTo(OutputStream out) throws IOException {
    StringBuilder header = new StringBuilder("{'descr': '").append(type.descr);
    header.append("', 'fortran_order': False, 'shape': (");
    for (int i = 0; i < shape.length; i++) {
      header.append(i > 0 ? " " : "").append(shape[i]);
      header.append(i < shape.length - 1 || shape.length == 1 ? "," : "");
    }
    header.append("), }");
    while ((MAGIC.length + 4 + header.length() + 1) % 64 != 0) {
      header.append(' ');
    }
    header.append('\n');
    out.write(MAGIC);
    out.write(new byte[] {1, 0, (byte) header.length(), (byte) (header.length() >> 8)});
    out.write(header.toString().getBytes(StandardCharsets.ISO_8859_1));
    out.write(data);
  }

  public Type type() {
    return type;
  }

  /** A copy of the sizes. */
  public long[] shape() {
    return shape.clone();
  }

  /** How many elements there are. */
  public int size() {
    return data.length / type.sizeBytes;
  }

  /** The elements as floats, whatever their type (uint8 as 0..255). */
  public float[] toFloats() {
    ByteBuffer buffer = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    float[] out = new float[size()];
    if (type == Type.FLOAT32) {
      buffer.asFloatBuffer().get(out);
      return out;
    }
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) element(buffer, i);
    }
    return out;
  }

  /** The elements as doubles, whatever their type (int64 beyond 2^53 loses precision). */
  public double[] toDoubles() {
    ByteBuffer buffer = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    double[] out = new double[size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = element(buffer, i);
    }
    return out;
  }

  /**
   * The elements as longs.
   *
   * @throws IllegalStateException when the array holds floating-point numbers
   */
  public long[] toLongs() {
    ByteBuffer buffer = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    long[] out = new long[size()];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          switch (type) {
            case INT64 -> buffer.getLong(i * 8);
            case INT32 -> buffer.getInt(i * 4);
            case UINT8, BOOL -> buffer.get(i) & 0xff;
            case FLOAT32, FLOAT64 ->
                throw new IllegalStateException("The array holds " + type + ", not integers.");
          };
    }
    return out;
  }

  /**
   * A copy of the elements of an uint8 or bool array.
   *
   * @throws IllegalStateException when the array holds another type
   */
  public byte[] toBytes() {
    if (type.sizeBytes != 1) {
      throw new IllegalStateException("The array holds " + type + ", not bytes.");
    }
    return data.clone();
  }

  private double element(ByteBuffer buffer, int i) {
    return switch (type) {
      case FLOAT32 -> buffer.getFloat(i * 4);
      case FLOAT64 -> buffer.getDouble(i * 8);
      case INT32 -> buffer.getInt(i * 4);
      case INT64 -> buffer.getLong(i * 8);
      case UINT8, BOOL -> buffer.get(i) & 0xff;
    };
  }

  private static ByteBuffer allocate(Type type, int length, long[] shape) {
    for (long size : shape) {
      if (size < 0) {
        throw new RequestException(null, "A size is negative: " + Arrays.toString(shape) + ".");
      }
    }
    if (count(shape) != length) {
      throw new RequestException(
          null,
          "The shape "
              + Arrays.toString(shape)
              + " holds "
              + count(shape)
              + " elements, got "
              + length
              + ".");
    }
    int sizeBytes = Math.multiplyExact(length, type.sizeBytes);
    return ByteBuffer.allocate(sizeBytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static long count(long[] shape) {
    long count = 1;
    for (long size : shape) {
      count = Math.multiplyExact(count, size);
    }
    return count;
  }

  private static String header(DataInputStream in, String name) throws IOException {
    try {
      byte[] magic = new byte[MAGIC.length + 2];
      in.readFully(magic);
      if (!Arrays.equals(Arrays.copyOf(magic, MAGIC.length), MAGIC)) {
        throw new IOException(name + " is no .npy file: it does not start with \\x93NUMPY.");
      }
      int major = magic[MAGIC.length];
      if (major < 1 || major > 3) {
        throw new IOException(name + " has .npy format " + major + ", wanted 1, 2 or 3.");
      }
      int b0 = in.readUnsignedByte();
      int b1 = in.readUnsignedByte();
      int length = b0 | b1 << 8;
      if (major > 1) {
        length |= in.readUnsignedByte() << 16 | in.readUnsignedByte() << 24;
      }
      if (length < 0 || length > 1 << 20) {
        throw new IOException(name + " has a damaged header: " + length + " bytes long.");
      }
      byte[] header = new byte[length];
      in.readFully(header);
      return new String(header, StandardCharsets.ISO_8859_1);
    } catch (EOFException e) {
      throw new IOException(name + " is cut short: its .npy header is not complete.", e);
    }
  }

  private static String group(Pattern pattern, String header, String name) throws IOException {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw new IOException(name + " has a damaged .npy header: " + header.trim());
    }
    return matcher.group(1);
  }

  private static Type type(String descr, String name) throws IOException {
    for (Type type : Type.values()) {
      if (type.descr.equals(descr)) {
        return type;
      }
    }
    throw new IOException(
        name
            + " holds elements of type '"
            + descr
            + "', wanted <f4, <f8, <i4, <i8, |u1 or |b1. Convert it with array.astype(np.float32).");
  }

  private static long[] shape(String tuple, String name) throws IOException {
    String[] parts = tuple.trim().isEmpty() ? new String[0] : tuple.trim().split("\\s*,\\s*");
    long[] shape = new long[parts.length];
    for (int i = 0; i < parts.length; i++) {
      try {
        shape[i] = Long.parseLong(parts[i].trim());
      } catch (NumberFormatException e) {
        throw new IOException(name + " has a damaged shape: (" + tuple + ").", e);
      }
      if (shape[i] < 0) {
        throw new IOException(name + " has a negative size in its shape: (" + tuple + ").");
      }
    }
    return shape;
  }

  private static long sizeBytes(long[] shape, Type type, String name) throws IOException {
    try {
      return Math.multiplyExact(count(shape), type.sizeBytes);
    } catch (ArithmeticException e) {
      throw new IOException(
          name + " says that its shape is " + Arrays.toString(shape) + ", which no file holds.", e);
    }
  }

  /** Reads in pieces, so that a damaged header cannot ask for more memory than the file has bytes. */
  private static byte[] readAtMost(InputStream in, long sizeBytes, String name) throws IOException {
    if (sizeBytes > Integer.MAX_VALUE - 16) {
      throw new IOException(
          name + ": arrays over 2 GB are not read; this one has " + sizeBytes + " bytes.");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] piece = new byte[1 << 16];
    long left = sizeBytes;
    while (left > 0) {
      int n = in.read(piece, 0, (int) Math.min(piece.length, left));
      if (n < 0) {
        break;
      }
      out.write(piece, 0, n);
      left -= n;
    }
    return out.toByteArray();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NpyArray that
        && type == that.type
        && Arrays.equals(shape, that.shape)
        && Arrays.equals(data, that.data);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * type.hashCode() + Arrays.hashCode(shape)) + Arrays.hashCode(data);
  }

  @Override
  public String toString() {
    return "NpyArray[" + type.name().toLowerCase(Locale.ROOT) + Arrays.toString(shape) + "]";
  }
}
