package dev.sampo.samplers.text.constraint;

import dev.sampo.error.RequestException;
import org.jspecify.annotations.Nullable;

/**
 * A grammar, regular expression or JSON schema that cannot be used: it cannot be read, cannot be kept by a grammar, or is too large or too
 * ambiguous to be followed. The message says where and how to mend it.
 */
public class GrammarException extends RequestException {
  private static final long serialVersionUID = 1;

  public GrammarException(String message) {
    this(message, null);
  }

  public GrammarException(String message, @Nullable Throwable cause) {
    super("grammar", message, cause);
  }
}
