package dev.sampo.export.architecture;

import dev.sampo.export.graph.Net;
import java.util.Map;

/** One kind of model: knows its settings, the names of its weights and its mathematics. */
@FunctionalInterface
public interface Architecture {
  /**
   * Builds the graphs.
   *
   * @return graphs by the names of their files
   * @throws dev.sampo.error.ModelException if a setting is not supported, or a weight is missing or of another shape
   */
  Map<String, Net> build(Source source);
}
