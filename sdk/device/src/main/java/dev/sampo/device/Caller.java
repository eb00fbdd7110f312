package dev.sampo.device;

/**
 * Calls C functions by their address. Arguments and results are pointers and whole numbers, all passed as 64 bits, which is what the calling
 * conventions of the 64-bit platforms do with them anyway.
 */
interface Caller {
  long call(long function, long a);

  long call(long function, long a, long b);

  long call(long function, long a, long b, long c);

  long call(long function, long a, long b, long c, long d);

  /** What makes the calls, for messages. */
  String name();

  /** The fastest one that this JVM has: java.lang.foreign from Java 22 on, JNA before or with {@code -Dsampo.device.calls=jna}. */
  static Caller best() {
    return ForeignCaller.isPossible() && !"jna".equals(System.getProperty("sampo.device.calls"))
        ? new ForeignCaller()
        : new JnaCaller();
  }
}
