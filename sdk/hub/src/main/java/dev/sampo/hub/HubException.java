package dev.sampo.hub;

import dev.sampo.error.SampoException;
import org.jspecify.annotations.Nullable;

/** The Hub could not give what was asked of it, or gave something else than it promised. The message says what to do. */
public class HubException extends SampoException {
  private static final long serialVersionUID = 1;
  private final int status;

  /**
   * An error.
   *
   * @param status the HTTP status that the server answered with, or 0 where it was none
   */
  public HubException(int status, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  HubException(String message) {
    this(0, message, null);
  }

  /** The HTTP status that the server answered with; 0 where the error is another. */
  public int status() {
    return status;
  }
}
