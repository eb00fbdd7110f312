package dev.sampo.runtime;

import dev.sampo.error.SampoException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime refused or failed to run a graph. The message names the file, the inputs and their shapes. */
public class GraphRunException extends SampoException {
  private static final long serialVersionUID = 1;
  private final transient Path file;

  public GraphRunException(Path file, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.file = file;
  }

  /** The model file of the graph. */
  public Path file() {
    return file;
  }
}
