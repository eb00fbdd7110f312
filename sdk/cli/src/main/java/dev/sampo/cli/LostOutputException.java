package dev.sampo.cli;

import java.io.IOException;

/**
 * What a command printed did not arrive: a full disk, a closed stdout, a reader that has gone. Unchecked, because a {@code PrintStream} hides
 * every other exception, and whoever prints is to end at once.
 */
final class LostOutputException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final boolean brokenPipe;

  LostOutputException(IOException cause) {
    super("the output is lost: " + cause.getMessage(), cause);
    String message = String.valueOf(cause.getMessage());
    brokenPipe = message.contains("Broken pipe") || message.contains("pipe is being closed");
  }

  /** Whether the reader of the output has gone, as {@code head} does. */
  boolean brokenPipe() {
    return brokenPipe;
  }
}
