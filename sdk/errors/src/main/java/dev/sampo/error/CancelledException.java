package dev.sampo.error;

import org.jspecify.annotations.Nullable;

/** Work was given up because it was cancelled. Carries what was done by then, as the result that the work would have given. */
public class CancelledException extends SampoException {
  private static final long serialVersionUID = 1;
  private final transient @Nullable Object partial;

  public CancelledException(String message) {
    this(message, null, null);
  }

  public CancelledException(String message, @Nullable Throwable cause) {
    this(message, cause, null);
  }

  /**
   * Carries what was done.
   *
   * @param partial the result as far as it was made, or null where there is nothing
   */
  public CancelledException(String message, @Nullable Throwable cause, @Nullable Object partial) {
    super(message, cause);
    this.partial = partial;
  }

  /**
   * What was done by then.
   *
   * @param type the type of result of the call that was cancelled
   * @return null where nothing was done, or it is of another type
   */
  public <T> @Nullable T partial(Class<T> type) {
    return type.isInstance(partial) ? type.cast(partial) : null;
  }
}
