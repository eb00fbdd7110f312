package dev.sampo.runtime;

import org.jspecify.annotations.Nullable;

/** Work was given up because its {@link CancellationToken} was cancelled. */
public class CancelledException extends SampoException {
  private static final long serialVersionUID = 1;

  public CancelledException(String message) {
    super(message);
  }

  public CancelledException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
