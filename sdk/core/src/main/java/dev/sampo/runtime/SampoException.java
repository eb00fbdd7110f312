package dev.sampo.runtime;

import org.jspecify.annotations.Nullable;

/** The root of every error that Sampo raises on purpose. Its message says what failed, where, and how to mend it. */
public class SampoException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public SampoException(String message) {
    super(message);
  }

  public SampoException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
