package dev.sampo.specs;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What a graph declares about one input or output.
 *
 * @param type element type, such as {@code float32}
 * @param dims a number where a dimension is fixed; a symbol or {@code ?} where it is open
 */
public record TensorDescription(String type, List<String> dims) {
  /** Copies the list. */
  public TensorDescription {
    dims = Collections.unmodifiableList(new ArrayList<>(dims));
  }

  /** Such as {@code float32 [batch,4,64,64]}. */
  @Override
  public String toString() {
    return type + " " + SpecCheck.shape(dims);
  }
}
