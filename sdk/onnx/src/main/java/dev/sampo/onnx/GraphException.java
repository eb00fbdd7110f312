package dev.sampo.onnx;

import dev.sampo.error.SampoException;
import org.jspecify.annotations.Nullable;

/** A graph cannot be worked on: it is not what the ONNX standard says, or holds what is not known here. The message names the node or value. */
public class GraphException extends SampoException {
  private static final long serialVersionUID = 1;

  public GraphException(String message) {
    super(message);
  }

  public GraphException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
