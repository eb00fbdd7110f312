package dev.sampo.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.sampo.error.ClosedException;
import dev.sampo.error.SampoException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An n-dimensional array of one {@link ElementType}, row-major, in native memory. Two kinds: over a direct buffer (made by the factories
 * here; the buffer can be rewritten between runs, and ONNX Runtime reads and writes it in place), and over memory of ONNX Runtime (an
 * output that was not pinned; it can be read, and fed back as an input without a copy). A third kind, {@link #isResident resident}, comes
 * from graphs loaded with {@code deviceTensors}: it can be fed, not read.
 *
 * <p>{@code toFloats}, {@code copyTo} and {@code set} convert between the Java type and the element type: float16 and bfloat16 round to the
 * nearest even, a float goes to an integer type by cutting off its fraction, a number that does not fit is an error.
 *
 * <p>Closing is safe while a run uses the tensor or another thread reads it: the memory goes when they are done. Contents are not guarded;
 * whoever writes a buffer must not do so while a run reads it.
 *
 * <p>A long file because each element type is made, read and written in it: splitting by type would scatter one contract.
 */
public final class Tensor implements AutoCloseable {
  private final ElementType type;
  private final Shape shape;
  private final int count;
  private final @Nullable ByteBuffer data;
  private final boolean resident;
  private final OnnxTensor onnx;
  private final RefCount references;
  private Leaks.@Nullable Tracker tracker;
  private @Nullable Object keptAlive;

  private Tensor(
      ElementType type, Shape shape, @Nullable ByteBuffer data, boolean resident, OnnxTensor onnx) {
    this.type = type;
    this.shape = shape;
    this.count = checkedCount(type, shape);
    this.data = data;
    this.resident = resident;
    this.onnx = onnx;
    this.references = new RefCount(onnx::close);
  }

  // ---- making

  /**
   * A tensor of zeros over a new direct buffer.
   *
   * @throws TensorException if it would exceed 2 GB, which is what a buffer can hold
   */
  public static Tensor allocate(ElementType type, Shape shape) {
    int bytes = checkedCount(type, shape) * type.sizeBytes();
    return over(type, shape, ByteBuffer.allocateDirect(bytes), Leaks.here());
  }

  /**
   * A tensor over the bytes of {@code data} from its position on; nothing is copied.
   *
   * @param data a direct buffer in native byte order with at least the bytes that the shape needs
   */
  public static Tensor wrap(ElementType type, Shape shape, ByteBuffer data) {
    int bytes = checkedCount(type, shape) * type.sizeBytes();
    if (!data.isDirect() || data.order() != ByteOrder.nativeOrder()) {
      throw new TensorException(
          "Tensor.wrap wants a direct buffer in native byte order; make it with"
              + " ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder())");
    }
    if (data.remaining() < bytes) {
      throw new TensorException(
          "A "
              + type
              + " tensor of shape "
              + shape
              + " needs "
              + bytes
              + " bytes, the buffer has "
              + data.remaining());
    }
    ByteBuffer slice = data.slice();
    slice.limit(bytes);
    return over(type, shape, slice.slice(), Leaks.here());
  }

  /** A float32 tensor with a copy of {@code values}. */
  public static Tensor ofFloats(Shape shape, float... values) {
    return floatsAs(ElementType.FLOAT32, shape, values);
  }

  /** An int64 tensor with a copy of {@code values}. */
  public static Tensor ofLongs(Shape shape, long... values) {
    return longsAs(ElementType.INT64, shape, values);
  }

  /** An int32 tensor with a copy of {@code values}. */
  public static Tensor ofInts(Shape shape, int... values) {
    checkLength(shape, values.length);
    Tensor tensor = allocate(ElementType.INT32, shape);
    tensor.intBuffer().put(values);
    return tensor;
  }

  /** A tensor of a one-byte type (int8, uint8, bool) with a copy of {@code values}. */
  public static Tensor ofBytes(ElementType type, Shape shape, byte... values) {
    if (type.sizeBytes() != 1) {
      throw new TensorException("Tensor.ofBytes makes int8, uint8 or bool, not " + type);
    }
    checkLength(shape, values.length);
    Tensor tensor = allocate(type, shape);
    tensor.byteBuffer().put(values);
    return tensor;
  }

  /** A bool tensor with a copy of {@code values}. */
  public static Tensor ofBools(Shape shape, boolean... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (values[i] ? 1 : 0);
    }
    return ofBytes(ElementType.BOOL, shape, bytes);
  }

  /** A tensor of {@code type} with the values converted to it, for instance to what a graph declares. */
  public static Tensor floatsAs(ElementType type, Shape shape, float... values) {
    checkLength(shape, values.length);
    Tensor tensor = allocate(type, shape);
    tensor.set(values);
    return tensor;
  }

  /** A tensor of {@code type} with the values converted to it, for instance to what a graph declares. */
  public static Tensor longsAs(ElementType type, Shape shape, long... values) {
    checkLength(shape, values.length);
    Tensor tensor = allocate(type, shape);
    tensor.set(values);
    return tensor;
  }

  /** An output of ONNX Runtime. The caller tracks or owns it. */
  static Tensor ofResult(OnnxTensor onnx) {
    return ofResult(onnx, false);
  }

  /** An output that stays where the execution provider has computed it. */
  static Tensor ofResident(OnnxTensor onnx) {
    return ofResult(onnx, true);
  }

  private static Tensor ofResult(OnnxTensor onnx, boolean resident) {
    return new Tensor(
        ElementType.of(onnx.getInfo().type),
        Shape.ofOwned(onnx.getInfo().getShape()),
        null,
        resident,
        onnx);
  }

  private static Tensor over(
      ElementType type, Shape shape, ByteBuffer bytes, @Nullable Throwable opened) {
    ByteBuffer data = bytes.order(ByteOrder.nativeOrder());
    Tensor tensor = new Tensor(type, shape, data, false, createOnnx(type, shape, data));
    tensor.track(opened);
    return tensor;
  }

  private static OnnxTensor createOnnx(ElementType type, Shape shape, ByteBuffer data) {
    OrtEnvironment environment = OnnxRuntime.environment();
    try {
      return OnnxTensor.createTensor(environment, data, shape.dimsUnsafe(), type.onnx());
    } catch (OrtException e) {
      throw new SampoException(
          "ONNX Runtime cannot make a "
              + type
              + " tensor of shape "
              + shape
              + ": "
              + e.getMessage(),
          e);
    }
  }

  void track(@Nullable Throwable opened) {
    tracker = Leaks.track(this, "Tensor " + type + " " + shape, opened, references::close);
  }

  /** Another object that must not be reaped while this tensor can be reached. */
  void keepAlive(Object owner) {
    keptAlive = owner;
  }

  // ---- describing

  /** The element type. */
  public ElementType type() {
    return type;
  }

  /** The shape; every dimension is known. */
  public Shape shape() {
    return shape;
  }

  /** Number of elements. */
  public int elementCount() {
    return count;
  }

  /** Whether the tensor lies over a direct buffer, so that the {@code ...Buffer()} methods work. */
  public boolean hasBuffer() {
    return data != null;
  }

  /**
   * Whether the tensor stays in the memory of an execution provider ({@code SessionConfig.deviceTensors}): it can be fed to a graph and
   * described, not read. On the CPU that memory could be read; the rule is the same, so that a program which works there works on a GPU.
   */
  public boolean isResident() {
    return resident;
  }

  // ---- buffers

  /**
   * The memory of the tensor: a fresh view in native byte order, position 0.
   *
   * @throws TensorException if the memory is ONNX Runtime's own, which its Java API shows only as a copy: pin the output to a tensor of
   *     {@link #allocate} to have a buffer
   */
  public ByteBuffer byteBuffer() {
    checkOpen();
    checkReadable();
    ByteBuffer d = data;
    if (d == null) {
      throw new TensorException(
          "This tensor lies in memory of ONNX Runtime and has no buffer. Read it with copyTo, or"
              + " pin the output to Tensor.allocate(...)");
    }
    return d.duplicate().order(ByteOrder.nativeOrder());
  }

  /** The memory as floats; float32 only. See {@link #byteBuffer()}. */
  public FloatBuffer floatBuffer() {
    require(ElementType.FLOAT32, "floatBuffer");
    return byteBuffer().asFloatBuffer();
  }

  /** The memory as longs; int64 only. See {@link #byteBuffer()}. */
  public LongBuffer longBuffer() {
    require(ElementType.INT64, "longBuffer");
    return byteBuffer().asLongBuffer();
  }

  /** The memory as ints; int32 only. See {@link #byteBuffer()}. */
  public IntBuffer intBuffer() {
    require(ElementType.INT32, "intBuffer");
    return byteBuffer().asIntBuffer();
  }

  /** The memory as raw 16-bit words; float16, bfloat16 and int16 only. See {@link #byteBuffer()}. */
  public ShortBuffer shortBuffer() {
    if (type.sizeBytes() != 2) {
      throw new TensorException("shortBuffer() wants a 16-bit type, this tensor is " + type);
    }
    return byteBuffer().asShortBuffer();
  }

  /**
   * A tensor over the first elements of the same buffer, with another shape: an attention mask cut from a long buffer of ones. The two
   * are closed each on its own.
   *
   * @throws TensorException if the shape holds more than this tensor, or this one has no buffer
   */
  public Tensor view(Shape viewShape) {
    return view(0, viewShape);
  }

  /** Like {@link #view(Shape)}, from element {@code start} on. */
  public Tensor view(int start, Shape viewShape) {
    int n = checkedCount(type, viewShape);
    if (start < 0 || start > count - n) {
      throw new TensorException(
          "A view of "
              + n
              + " elements from "
              + start
              + " does not fit a tensor of shape "
              + shape);
    }
    ByteBuffer bytes = byteBuffer();
    bytes.position(start * type.sizeBytes());
    bytes.limit((start + n) * type.sizeBytes());
    return over(type, viewShape, bytes.slice(), null);
  }

  // ---- reading

  /** All elements as floats. */
  public float[] toFloats() {
    float[] out = new float[count];
    copyTo(0, out, 0, count);
    return out;
  }

  /** All elements as longs; not for floating-point tensors. */
  public long[] toLongs() {
    long[] out = new long[count];
    copyTo(0, out, 0, count);
    return out;
  }

  /** The first {@code out.length} elements as floats. */
  public void copyTo(float[] out) {
    copyTo(0, out, 0, out.length);
  }

  /**
   * Reads {@code n} elements from element {@code from} on as floats. On a tensor over a direct buffer this is one bulk copy; on memory of
   * ONNX Runtime the Java API copies the whole tensor first, so pin what is read in a loop.
   */
  public void copyTo(int from, float[] out, int outOffset, int n) {
    checkRange(from, n);
    hold();
    try {
      TensorData.read(type, readable(), from, out, outOffset, n);
    } finally {
      references.release();
      Leaks.keepAlive(this);
    }
  }

  /** Reads {@code n} elements from element {@code from} on as longs; not for floating-point tensors. */
  public void copyTo(int from, long[] out, int outOffset, int n) {
    checkRange(from, n);
    hold();
    try {
      TensorData.read(type, readable(), from, out, outOffset, n);
    } finally {
      references.release();
      Leaks.keepAlive(this);
    }
  }

  // ---- writing

  /** Writes the first {@code values.length} elements. */
  public void set(float... values) {
    set(0, values, 0, values.length);
  }

  /** Writes {@code n} elements from element {@code at} on. */
  public void set(int at, float[] values, int offset, int n) {
    checkRange(at, n);
    TensorData.write(type, byteBuffer(), at, values, offset, n);
  }

  /** Writes the first {@code values.length} elements. */
  public void set(long... values) {
    set(0, values, 0, values.length);
  }

  /** Writes {@code n} elements from element {@code at} on. */
  public void set(int at, long[] values, int offset, int n) {
    checkRange(at, n);
    TensorData.write(type, byteBuffer(), at, values, offset, n);
  }

  /** A new tensor of {@code target} type with the same values; itself copied where the type is the same. */
  public Tensor to(ElementType target) {
    Tensor copy = allocate(target, shape);
    boolean whole = false;
    try {
      copyInto(copy);
      whole = true;
      return copy;
    } finally {
      if (!whole) {
        copy.close();
      }
    }
  }

  /**
   * A new tensor with the given entries of axis 0, in that order, repeats allowed: rows of a key/value cache after a beam search step.
   *
   * @throws TensorException if an index is out of range or the tensor is a scalar
   */
  public Tensor gatherRows(int... rows) {
    if (shape.rank() == 0) {
      throw new TensorException("A scalar has no rows");
    }
    int rowBytes = shape.dim(0) == 0 ? 0 : count / Math.toIntExact(shape.dim(0)) * type.sizeBytes();
    hold();
    try {
      return gatherRows(rows, rowBytes);
    } finally {
      references.release();
      Leaks.keepAlive(this);
    }
  }

  private Tensor gatherRows(int[] rows, int rowBytes) {
    ByteBuffer from = readable();
    Tensor out = allocate(type, shape.with(0, rows.length));
    ByteBuffer to = out.byteBuffer();
    for (int row : rows) {
      if (row < 0 || row >= shape.dim(0)) {
        out.close();
        throw new TensorException("Row " + row + " of a tensor of shape " + shape);
      }
      from.limit((row + 1) * rowBytes);
      from.position(row * rowBytes);
      to.put(from);
    }
    return out;
  }

  /** Copies all elements into {@code target}, converting; both hold the same number. */
  void copyInto(Tensor target) {
    if (target.count != count) {
      throw new TensorException(
          "A tensor of shape " + shape + " cannot be copied into " + target.shape);
    }
    hold();
    try {
      TensorData.convert(type, readable(), target.type, target.byteBuffer(), count);
    } finally {
      references.release();
      Leaks.keepAlive(this);
    }
  }

  // ---- life

  /** Frees the native side; a second call does nothing. */
  @Override
  public void close() {
    if (references.close()) {
      Leaks.Tracker t = tracker;
      if (t != null) {
        t.closed();
      }
    }
  }

  /** Whether {@link #close()} was called. */
  public boolean isClosed() {
    return references.isClosed();
  }

  /** Keeps the native side alive until {@link #release()}, whoever closes the tensor meanwhile. */
  void retain(String name) {
    if (!references.retain()) {
      throw new ClosedException(
          "Tensor '" + name + "' " + type + " " + shape + " was closed before the run");
    }
  }

  void release() {
    references.release();
  }

  RefCount references() {
    return references;
  }

  /** The tensor as ONNX Runtime sees it, for this package. */
  OnnxTensor onnxTensor() {
    return onnx;
  }

  @Override
  public String toString() {
    return "Tensor "
        + type
        + " "
        + shape
        + (resident ? " (resident)" : "")
        + (isClosed() ? " (closed)" : "");
  }

  // ---- checks

  /** Only while it is {@link #hold held}. */
  private ByteBuffer readable() {
    checkReadable();
    ByteBuffer d = data;
    return d == null
        ? onnx.getByteBuffer().order(ByteOrder.nativeOrder())
        : d.duplicate().order(ByteOrder.nativeOrder());
  }

  /** Keeps the memory from being freed by another thread while it is read; goes with a release. */
  private void hold() {
    if (!references.retain()) {
      throw new ClosedException("Tensor " + type + " " + shape + " is closed");
    }
  }

  private void checkOpen() {
    if (isClosed()) {
      throw new ClosedException("Tensor " + type + " " + shape + " is closed");
    }
  }

  private void checkReadable() {
    if (resident) {
      throw new TensorException(
          "Tensor "
              + type
              + " "
              + shape
              + " stays in the memory of the execution provider, where Java cannot read it. Ask for"
              + " the output with GraphRun.output(name) or Graph.run, which bring it to host"
              + " memory, or load the graph without deviceTensors.");
    }
  }

  private void require(ElementType wanted, String method) {
    if (type != wanted) {
      throw new TensorException(
          method + "() wants " + wanted + ", this tensor is " + type + "; copyTo and set convert");
    }
  }

  private void checkRange(int from, int n) {
    if (from < 0 || n < 0 || from > count - n) {
      throw new TensorException(
          "Elements "
              + from
              + " to "
              + ((long) from + n)
              + " of a tensor of shape "
              + shape
              + ", which has "
              + count);
    }
  }

  private static void checkLength(Shape shape, int length) {
    if (shape.elementCount() != length) {
      throw new TensorException(
          "Shape "
              + shape
              + " has "
              + shape.elementCount()
              + " elements, but "
              + length
              + " values were given");
    }
  }

  private static int checkedCount(ElementType type, Shape shape) {
    if (type == ElementType.OTHER) {
      throw new TensorException(
          "Tensors of this element type cannot be made or read; see ElementType for those that"
              + " can");
    }
    long n;
    try {
      n = shape.elementCount();
    } catch (IllegalStateException e) {
      throw new TensorException("A tensor needs a shape whose dimensions are known, got " + shape);
    } catch (ArithmeticException e) {
      n = Long.MAX_VALUE;
    }
    if (n > Integer.MAX_VALUE / type.sizeBytes()) {
      throw new TensorException(
          "A "
              + type
              + " tensor of shape "
              + shape
              + " exceeds 2 GB, the most that a buffer holds");
    }
    return (int) n;
  }
}
