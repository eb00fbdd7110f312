package dev.sampo.device;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.RunOptions;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.OnnxRuntime;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.List;

/**
 * Where ONNX Runtime's Java API keeps the pointers of its objects. They are private, so this is the one place that depends on its insides; a Java
 * API that keeps them elsewhere is reported by name before anything is called.
 */
final class JavaHandles {
  private static final String MADE_FOR = "1.28.0";

  /** ONNXTensorElementDataType of onnxruntime_c_api.h, in order. */
  private static final List<String> TYPES =
      List.of(
          "UNDEFINED",
          "FLOAT",
          "UINT8",
          "INT8",
          "UINT16",
          "INT16",
          "INT32",
          "INT64",
          "STRING",
          "BOOL",
          "FLOAT16",
          "DOUBLE",
          "UINT32",
          "UINT64",
          "COMPLEX64",
          "COMPLEX128",
          "BFLOAT16");

  private final MethodHandle session;
  private final MethodHandle sessionOptions;
  private final MethodHandle runOptions;
  private final MethodHandle tensor;
  private final MethodHandle newTensor;
  private final MethodHandle newInfo;

  /** The address of the table of the C API's functions (OrtApi). */
  final long api;

  /** Loads the native library, if that has not happened. */
  JavaHandles() {
    String version = OnnxRuntime.version();
    try {
      session = getter(OrtSession.class, "nativeHandle");
      sessionOptions = getter(SessionOptions.class, "nativeHandle");
      runOptions = getter(RunOptions.class, "nativeHandle");
      tensor = getter(OnnxTensorLike.class, "nativeHandle");
      newTensor = constructor(OnnxTensor.class, long.class, long.class, TensorInfo.class);
      newInfo =
          constructor(TensorInfo.class, long[].class, OnnxJavaType.class, OnnxTensorType.class);
      Field table = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("ortApiHandle");
      table.setAccessible(true);
      api = table.getLong(null);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new SampoException(
          "sampo-device was made for the Java API of ONNX Runtime "
              + MADE_FOR
              + "; the one on the class path, over a native library "
              + version
              + ", does not let it at its pointers: "
              + e
              + ". Use com.microsoft.onnxruntime:onnxruntime:"
              + MADE_FOR
              + " from the class path, or leave deviceTensors off.",
          e);
    }
  }

  private static MethodHandle getter(Class<?> type, String name)
      throws ReflectiveOperationException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return MethodHandles.lookup().unreflectGetter(field);
  }

  private static MethodHandle constructor(Class<?> type, Class<?>... parameters)
      throws ReflectiveOperationException {
    Constructor<?> constructor = type.getDeclaredConstructor(parameters);
    constructor.setAccessible(true);
    return MethodHandles.lookup().unreflectConstructor(constructor);
  }

  long of(OrtSession object) {
    try {
      return (long) session.invokeExact(object);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  long of(SessionOptions object) {
    try {
      return (long) sessionOptions.invokeExact(object);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  long of(RunOptions object) {
    try {
      return (long) runOptions.invokeExact(object);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  long of(OnnxTensor object) {
    try {
      return (long) tensor.invokeExact((OnnxTensorLike) object);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** By the number of ONNX, which is not that of the Java API. */
  private static OnnxTensorType type(int onnxType) {
    String name = onnxType > 0 && onnxType < TYPES.size() ? TYPES.get(onnxType) : "UNDEFINED";
    return OnnxTensorType.valueOf("ONNX_TENSOR_ELEMENT_DATA_TYPE_" + name);
  }

  /**
   * A tensor of the Java API over a value of the C API, which closing it releases.
   *
   * @param onnxType element type as ONNX numbers it
   */
  OnnxTensor tensor(long value, long allocator, long[] shape, int onnxType) {
    OnnxTensorType type = type(onnxType);
    OnnxJavaType javaType = OnnxJavaType.mapFromOnnxTensorType(type);
    try {
      TensorInfo info = (TensorInfo) newInfo.invokeExact(shape, javaType, type);
      return (OnnxTensor) newTensor.invokeExact(value, allocator, info);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
