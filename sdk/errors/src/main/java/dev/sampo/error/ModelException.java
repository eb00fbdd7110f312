package dev.sampo.error;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A model cannot be used: a file is missing, unreadable or says what cannot be. The message says what was looked for, where. */
public class ModelException extends SampoException {
  private static final long serialVersionUID = 1;
  private final transient Path path;

  public ModelException(Path path, String message) {
    this(path, message, null);
  }

  public ModelException(Path path, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.path = path;
  }

  /** The folder or file at fault. */
  public Path path() {
    return path;
  }
}
