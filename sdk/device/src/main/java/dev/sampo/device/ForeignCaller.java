package dev.sampo.device;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;

/**
 * Calls through {@code java.lang.foreign}: some ten nanoseconds each. That package is final in Java 22 and this class compiles on 17, so its few
 * methods are found by reflection, once; the calls themselves are plain method handles.
 */
final class ForeignCaller implements Caller {
  private static final int FIRST_JAVA = 22;
  private static final int MOST_ARGUMENTS = 4;

  /** Loaded on first use only, so that this class can be asked whether it works. */
  private static final class Handles {
    static final MethodHandle ONE;
    static final MethodHandle TWO;
    static final MethodHandle THREE;
    static final MethodHandle FOUR;

    static {
      try {
        MethodHandle[] all = make();
        ONE = all[1];
        TWO = all[2];
        THREE = all[3];
        FOUR = all[4];
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    /** By number of arguments: (address, long...) to long. */
    private static MethodHandle[] make() throws ReflectiveOperationException {
      Class<?> linkerType = Class.forName("java.lang.foreign.Linker");
      Class<?> optionType = Class.forName("java.lang.foreign.Linker$Option");
      Class<?> descriptorType = Class.forName("java.lang.foreign.FunctionDescriptor");
      Class<?> layoutType = Class.forName("java.lang.foreign.MemoryLayout");
      Class<?> segmentType = Class.forName("java.lang.foreign.MemorySegment");
      Object linker = linkerType.getMethod("nativeLinker").invoke(null);
      Object longLayout =
          Class.forName("java.lang.foreign.ValueLayout").getField("JAVA_LONG").get(null);
      Object noOptions = Array.newInstance(optionType, 0);
      MethodHandle ofAddress =
          MethodHandles.publicLookup()
              .findStatic(segmentType, "ofAddress", MethodType.methodType(segmentType, long.class));
      MethodHandle[] handles = new MethodHandle[MOST_ARGUMENTS + 1];
      for (int n = 1; n <= MOST_ARGUMENTS; n++) {
        Object arguments = Array.newInstance(layoutType, n);
        for (int i = 0; i < n; i++) {
          Array.set(arguments, i, longLayout);
        }
        Object descriptor =
            descriptorType
                .getMethod("of", layoutType, arguments.getClass())
                .invoke(null, longLayout, arguments);
        MethodHandle downcall =
            (MethodHandle)
                linkerType
                    .getMethod("downcallHandle", descriptorType, noOptions.getClass())
                    .invoke(linker, descriptor, noOptions);
        handles[n] = MethodHandles.filterArguments(downcall, 0, ofAddress);
      }
      return handles;
    }
  }

  static boolean isPossible() {
    return Runtime.version().feature() >= FIRST_JAVA;
  }

  @Override
  public long call(long function, long a) {
    try {
      return (long) Handles.ONE.invokeExact(function, a);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  @Override
  public long call(long function, long a, long b) {
    try {
      return (long) Handles.TWO.invokeExact(function, a, b);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  @Override
  public long call(long function, long a, long b, long c) {
    try {
      return (long) Handles.THREE.invokeExact(function, a, b, c);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  @Override
  public long call(long function, long a, long b, long c, long d) {
    try {
      return (long) Handles.FOUR.invokeExact(function, a, b, c, d);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  @Override
  public String name() {
    return "java.lang.foreign";
  }

  /** C functions throw nothing; what comes here are errors of the JVM. */
  private static RuntimeException unexpected(Throwable e) {
    if (e instanceof Error) {
      throw (Error) e;
    }
    return new IllegalStateException("A call of ONNX Runtime's C API failed inside the JVM", e);
  }
}
