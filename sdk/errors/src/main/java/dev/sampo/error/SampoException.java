package dev.sampo.error;

import org.jspecify.annotations.Nullable;

/**
 * The root of every error that Sampo raises on purpose, in all modules. Its message says what failed, where, and how to mend it.
 *
 * <p>A file of a model at fault: {@link ModelException}. A request at fault: {@link RequestException}. Work that was given up: {@link
 * CancelledException}. Something used after it was closed: {@link ClosedException}.
 */
public class SampoException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public SampoException(String message) {
    super(message);
  }

  public SampoException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
