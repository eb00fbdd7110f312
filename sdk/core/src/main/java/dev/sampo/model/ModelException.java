package dev.sampo.model;

import dev.sampo.runtime.SampoException;
import dev.sampo.specs.Difference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A model folder cannot be used: something is missing, unreadable, or differs from its spec. The message says what was looked for. */
public class ModelException extends SampoException {
  private static final long serialVersionUID = 1;
  private final transient Path path;
  private final transient List<Difference> differences;

  public ModelException(Path path, String message) {
    this(path, message, Collections.emptyList(), null);
  }

  public ModelException(Path path, String message, @Nullable Throwable cause) {
    this(path, message, Collections.emptyList(), cause);
  }

  public ModelException(
      Path path, String message, List<Difference> differences, @Nullable Throwable cause) {
    super(message, cause);
    this.path = path;
    this.differences = Collections.unmodifiableList(new ArrayList<>(differences));
  }

  /** The folder or file at fault. */
  public Path path() {
    return path;
  }

  /** How the graphs differ from their spec; empty if the error is another. */
  public List<Difference> differences() {
    return differences;
  }
}
