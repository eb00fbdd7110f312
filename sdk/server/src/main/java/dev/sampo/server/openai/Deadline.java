package dev.sampo.server.openai;

import java.util.concurrent.TimeUnit;

/** When a request has to be done. */
final class Deadline {
  private final long millis;
  private final long end;

  private Deadline(long millis) {
    this.millis = millis;
    this.end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  static Deadline in(long millis) {
    return new Deadline(millis);
  }

  boolean passed() {
    return System.nanoTime() - end > 0;
  }

  /**
   * Does nothing before it.
   *
   * @throws ApiException after it
   */
  void check() {
    if (passed()) {
      throw ApiException.timeout(
          "The request took longer than the " + millis + " ms that this server gives it.");
    }
  }
}
