package dev.sampo.server.openai;

/** Nobody waits for the answer any more. */
final class GoneException extends RuntimeException {
  private static final long serialVersionUID = 1;

  GoneException() {
    super("The client went away");
  }
}
