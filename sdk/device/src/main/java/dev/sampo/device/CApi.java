package dev.sampo.device;

import ai.onnxruntime.OrtException;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The functions of ONNX Runtime's C API that are used here, by their place in the table {@code OrtApi} of {@code onnxruntime_c_api.h}. The table
 * only ever grows at its end: ONNX Runtime asserts the places of older versions when it is compiled.
 */
final class CApi {
  private static final int POINTER_BYTES = 8;

  /** The youngest function here, SessionGetMemoryInfoForOutputs, came with 1.23. */
  private static final int LEAST_MINOR_VERSION = 23;

  // Places in OrtApi.
  private static final int GET_ERROR_CODE = 1;
  private static final int GET_ERROR_MESSAGE = 2;
  static final int GET_TENSOR_ELEMENT_TYPE = 60;
  static final int GET_DIMENSIONS_COUNT = 61;
  static final int GET_DIMENSIONS = 62;
  static final int GET_TENSOR_TYPE_AND_SHAPE = 65;
  static final int CREATE_CPU_MEMORY_INFO = 69;
  static final int ALLOCATOR_FREE = 76;
  static final int GET_ALLOCATOR_WITH_DEFAULT_OPTIONS = 78;
  private static final int RELEASE_STATUS = 93;
  static final int RELEASE_MEMORY_INFO = 94;
  static final int RELEASE_VALUE = 96;
  static final int RELEASE_TENSOR_TYPE_AND_SHAPE_INFO = 99;
  static final int RUN_WITH_BINDING = 133;
  static final int CREATE_IO_BINDING = 134;
  static final int RELEASE_IO_BINDING = 135;
  static final int BIND_INPUT = 136;
  static final int BIND_OUTPUT = 137;
  static final int BIND_OUTPUT_TO_DEVICE = 138;
  static final int GET_BOUND_OUTPUT_VALUES = 140;
  static final int CLEAR_BOUND_INPUTS = 141;
  static final int CLEAR_BOUND_OUTPUTS = 142;
  static final int APPEND_TENSOR_RT_V2 = 170;
  static final int CREATE_TENSOR_RT_OPTIONS = 171;
  static final int UPDATE_TENSOR_RT_OPTIONS = 172;
  static final int RELEASE_TENSOR_RT_OPTIONS = 174;
  static final int APPEND_CUDA_V2 = 204;
  static final int CREATE_CUDA_OPTIONS = 205;
  static final int UPDATE_CUDA_OPTIONS = 206;
  static final int RELEASE_CUDA_OPTIONS = 208;
  private static final int GET_BUILD_INFO_STRING = 254;
  static final int SESSION_GET_MEMORY_INFO_FOR_OUTPUTS = 381;
  private static final int COUNT = 382;

  final JavaHandles handles;
  private final Caller caller;
  private final long[] functions = new long[COUNT];

  /** The allocator of host memory; lives as long as the process. */
  final long allocator;

  /**
   * Finds the table and makes sure that it is what it should be.
   *
   * @throws SampoException if the native library is too old, not 64-bit, or not reachable
   */
  CApi(Caller caller) {
    this.caller = caller;
    if (Native.POINTER_SIZE != POINTER_BYTES) {
      throw new SampoException("sampo-device works on 64-bit platforms only");
    }
    handles = new JavaHandles();
    String version = OnnxRuntime.version();
    checkVersion(version);
    new Pointer(handles.api).read(0, functions, 0, COUNT);
    String build = text(caller.call(functions[GET_BUILD_INFO_STRING], 0));
    if (!build.startsWith("ORT Build Info")) {
      throw new SampoException(
          "The table of functions of ONNX Runtime "
              + version
              + " is not laid out as that of 1.28.0; leave deviceTensors off");
    }
    try {
      Scratch out = new Scratch();
      check(call(GET_ALLOCATOR_WITH_DEFAULT_OPTIONS, out.address()));
      allocator = out.getLong(0);
    } catch (OrtException e) {
      throw new SampoException("ONNX Runtime has no allocator: " + e.getMessage(), e);
    }
  }

  static void checkVersion(String version) {
    String[] parts = version.split("\\.", 3);
    boolean fits;
    try {
      fits =
          parts.length > 1
              && Integer.parseInt(parts[0]) == 1
              && Integer.parseInt(parts[1]) >= LEAST_MINOR_VERSION;
    } catch (NumberFormatException e) {
      fits = false;
    }
    if (!fits) {
      throw new SampoException(
          "sampo-device wants a native library of ONNX Runtime 1."
              + LEAST_MINOR_VERSION
              + " or newer (tested with 1.28.0), the one loaded is "
              + version);
    }
  }

  /** How calls are made, for messages. */
  String callerName() {
    return caller.name();
  }

  long call(int function, long a) {
    return caller.call(functions[function], a);
  }

  long call(int function, long a, long b) {
    return caller.call(functions[function], a, b);
  }

  long call(int function, long a, long b, long c) {
    return caller.call(functions[function], a, b, c);
  }

  long call(int function, long a, long b, long c, long d) {
    return caller.call(functions[function], a, b, c, d);
  }

  /** Turns a status (OrtStatus*) that is no success into the exception that the Java API would throw, and releases it. */
  void check(long status) throws OrtException {
    if (status == 0) {
      return;
    }
    int code = (int) call(GET_ERROR_CODE, status);
    String message = text(call(GET_ERROR_MESSAGE, status));
    call(RELEASE_STATUS, status);
    throw new OrtException(code, message);
  }

  private static String text(long address) {
    return address == 0 ? "" : new Pointer(address).getString(0, "UTF-8");
  }

  /** A little native memory for results of calls, of one thread. */
  static final class Scratch {
    /** How many it holds; ONNX Runtime's operators stop at fewer dimensions. */
    static final int LONGS = 16;

    private final ByteBuffer bytes =
        ByteBuffer.allocateDirect(LONGS * POINTER_BYTES).order(ByteOrder.nativeOrder());
    private final long address = Pointer.nativeValue(Native.getDirectBufferPointer(bytes));

    long address() {
      return address;
    }

    long getLong(int index) {
      return bytes.getLong(index * POINTER_BYTES);
    }

    int getInt() {
      return bytes.getInt(0);
    }
  }
}
