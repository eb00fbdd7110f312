package dev.sampo.runtime;

import org.jspecify.annotations.Nullable;

/** A graph, run or tensor was used after it was closed, or closed while a run was under way. */
public class ClosedException extends SampoException {
  private static final long serialVersionUID = 1;

  public ClosedException(String message) {
    super(message);
  }

  public ClosedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
