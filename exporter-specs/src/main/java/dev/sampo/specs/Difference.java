package dev.sampo.specs;

import org.jspecify.annotations.Nullable;

/**
 * One way in which a model differs from its spec.
 *
 * @param graph name of the graph in the spec
 * @param tensor name of the input or output, or null if it is about the graph as a whole
 * @param message what differs and what is wanted
 */
public record Difference(Kind kind, String graph, @Nullable String tensor, String message) {
  /** What can differ. */
  public enum Kind {
    MISSING_GRAPH,
    MISSING_INPUT,
    MISSING_OUTPUT,
    UNEXPECTED_INPUT,
    ELEMENT_TYPE,
    RANK,
    SHAPE,
    INDEX
  }

  @Override
  public String toString() {
    return message;
  }
}
