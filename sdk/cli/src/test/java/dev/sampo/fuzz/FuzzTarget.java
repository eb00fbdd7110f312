package dev.sampo.fuzz;

/** What Jazzer calls: one reader, named by the system property {@code sampo.fuzz.reader}. */
public final class FuzzTarget {
  private static final FuzzCounts READER = new FuzzCounts(System.getProperty("sampo.fuzz.reader"));

  private FuzzTarget() {}

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(READER::report));
  }

  /** One input. */
  public static void fuzzerTestOneInput(byte[] input) {
    READER.take(input);
  }
}
