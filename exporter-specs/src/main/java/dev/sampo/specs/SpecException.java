package dev.sampo.specs;

import dev.sampo.error.SampoException;
import org.jspecify.annotations.Nullable;

/** A spec, a {@code sampo.json} or a {@code sampo-card.json} is not what it should be. The message names the file and the key. */
public class SpecException extends SampoException {
  private static final long serialVersionUID = 1;
  private final String source;

  public SpecException(String source, String message) {
    this(source, message, null);
  }

  public SpecException(String source, String message, @Nullable Throwable cause) {
    super(source + ": " + message, cause);
    this.source = source;
  }

  /** The file at fault, as it was given. */
  public String source() {
    return source;
  }
}
