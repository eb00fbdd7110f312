package dev.sampo.runtime;

import dev.sampo.error.SampoException;
import org.jspecify.annotations.Nullable;

/** A tensor is not what a graph wants: unknown or missing name, wrong shape, or a type that cannot be converted. */
public class TensorException extends SampoException {
  private static final long serialVersionUID = 1;
  private final @Nullable String tensorName;

  public TensorException(String message) {
    this(null, message);
  }

  public TensorException(@Nullable String tensorName, String message) {
    super(message);
    this.tensorName = tensorName;
  }

  /** The input or output at fault, or null where the tensor has no name. */
  public @Nullable String tensorName() {
    return tensorName;
  }
}
