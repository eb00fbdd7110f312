package dev.sampo.specs;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * One graph of a model.
 *
 * @param name its name in the spec, such as {@code decoder_with_past}
 * @param files where it is looked for in the folder, in this order
 * @param description what it does
 * @param inputs what it takes; a graph with any other input does not meet the spec
 * @param outputs what it gives; a graph may give more
 * @param oneOfOutputs at least one of these must be there; empty for no such rule
 */
public record GraphSpec(
    String name,
    List<String> files,
    String description,
    List<TensorSpec> inputs,
    List<TensorSpec> outputs,
    List<String> oneOfOutputs) {

  /** Copies the lists. */
  public GraphSpec {
    files = Collections.unmodifiableList(new ArrayList<>(files));
    inputs = Collections.unmodifiableList(new ArrayList<>(inputs));
    outputs = Collections.unmodifiableList(new ArrayList<>(outputs));
    oneOfOutputs = Collections.unmodifiableList(new ArrayList<>(oneOfOutputs));
  }
}
