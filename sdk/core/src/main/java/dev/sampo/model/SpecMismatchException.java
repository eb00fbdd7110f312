package dev.sampo.model;

import dev.sampo.error.ModelException;
import dev.sampo.specs.Difference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The graphs of a model folder differ from their spec. The message names the first differences, {@link #differences()} holds all. */
public class SpecMismatchException extends ModelException {
  private static final long serialVersionUID = 1;
  private final transient List<Difference> differences;

  public SpecMismatchException(Path path, String message, List<Difference> differences) {
    super(path, message);
    this.differences = Collections.unmodifiableList(new ArrayList<>(differences));
  }

  /** How the graphs differ from their spec. */
  public List<Difference> differences() {
    return differences;
  }
}
