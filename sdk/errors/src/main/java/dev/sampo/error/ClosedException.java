package dev.sampo.error;

import org.jspecify.annotations.Nullable;

/** Something was used after it was closed, or it was closed meanwhile. */
public class ClosedException extends SampoException {
  private static final long serialVersionUID = 1;

  public ClosedException(String message) {
    super(message);
  }

  public ClosedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
