package dev.sampo.server.openai;

/** What is said when a queue is full. */
final class Busy {
  /** Clients obey seconds up to 60; as a date, or longer, they do not wait as told. */
  private static final int RETRY_SECONDS = 2;

  private Busy() {}

  static ApiException queueFull(int bound) {
    return ApiException.busy(
        RETRY_SECONDS,
        "The model is busy: "
            + bound
            + " requests wait for it already. Try again in "
            + RETRY_SECONDS
            + " seconds.");
  }
}
