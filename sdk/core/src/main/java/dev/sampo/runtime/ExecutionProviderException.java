package dev.sampo.runtime;

import dev.sampo.error.SampoException;
import org.jspecify.annotations.Nullable;

/** An execution provider that was asked for cannot start. The message says what is missing and how to mend it. */
public class ExecutionProviderException extends SampoException {
  private static final long serialVersionUID = 1;
  private final transient ExecutionProvider provider;

  public ExecutionProviderException(
      ExecutionProvider provider, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.provider = provider;
  }

  /** The provider that was asked for. */
  public ExecutionProvider provider() {
    return provider;
  }
}
