package dev.sampo.runtime;

/**
 * How long the current thread has been inside ONNX Runtime's {@code run}: read before and after a piece of work, it says what of the work was
 * the model's. Runs on other threads are not counted.
 */
public final class RunTime {
  private static final ThreadLocal<long[]> NANOS = ThreadLocal.withInitial(() -> new long[1]);

  private RunTime() {}

  /** Nanoseconds since the thread began. */
  public static long nanos() {
    return NANOS.get()[0];
  }

  static void add(long nanos) {
    NANOS.get()[0] += nanos;
  }
}
