package dev.sampo.runtime;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A model file is missing, unreadable, empty, truncated or not an ONNX graph. */
public class ModelFileException extends SampoException {
  private static final long serialVersionUID = 1;
  private final transient Path file;

  public ModelFileException(Path file, String message) {
    this(file, message, null);
  }

  public ModelFileException(Path file, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.file = file;
  }

  /** The file that is at fault. */
  public Path file() {
    return file;
  }
}
