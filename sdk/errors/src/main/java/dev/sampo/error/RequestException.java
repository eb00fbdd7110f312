package dev.sampo.error;

import org.jspecify.annotations.Nullable;

/** A request that cannot be fulfilled, of any family: which option is wrong, with which value, and how to mend it. */
public class RequestException extends SampoException {
  private static final long serialVersionUID = 1;

  private final @Nullable String option;

  /**
   * An error about one option of a request.
   *
   * @param option its name as the request's builder spells it ({@code guidanceScale}), or null where it is of several together
   */
  public RequestException(@Nullable String option, String message) {
    this(option, message, null);
  }

  /** The same, with what it came from. */
  public RequestException(@Nullable String option, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.option = option;
  }

  /** The option at fault, or null. */
  public @Nullable String option() {
    return option;
  }
}
