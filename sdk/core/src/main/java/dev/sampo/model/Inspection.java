package dev.sampo.model;

import dev.sampo.specs.Difference;
import dev.sampo.specs.GraphDescription;
import dev.sampo.specs.GraphSpec;
import dev.sampo.specs.Spec;
import dev.sampo.specs.SpecCheck;
import dev.sampo.specs.Specs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model is: everything that {@code sampo inspect} prints.
 *
 * @param model the folder
 * @param parameterCount numbers in the weights of all graphs; decoders that do the same with and without a cache count once
 * @param sizeBytes size of all graphs with their external data
 * @param spec name of the spec that it is held against, or null for a single graph
 * @param differences how it fails {@code spec}; empty if it meets it
 * @param candidates for a single graph, what it could be in a folder, such as {@code gan/generator}; empty if nothing
 */
public record Inspection(
    ModelFolder model,
    long parameterCount,
    long sizeBytes,
    @Nullable String spec,
    List<Difference> differences,
    List<String> candidates) {

  private static final List<String> DECODERS =
      Arrays.asList("decoder", "decoder_with_past", "decoder_merged");

  /** Copies the lists. */
  public Inspection {
    differences = Collections.unmodifiableList(new ArrayList<>(differences));
    candidates = Collections.unmodifiableList(new ArrayList<>(candidates));
  }

  /** Whether it meets its spec, and this runtime loads it. */
  public boolean meetsSpec() {
    return spec != null && differences.isEmpty() && notLoaded().isEmpty();
  }

  /** Why this runtime does not load a graph, by graph; empty where nothing speaks against it. */
  public Map<String, String> notLoaded() {
    Map<String, String> reasons = new LinkedHashMap<>();
    for (ModelGraph graph : model.graphs().values()) {
      String reason = graph.file().tooNew();
      if (reason != null) {
        reasons.put(graph.name(), reason);
      }
    }
    return reasons;
  }

  static Inspection of(ModelFolder model) {
    long parameters = 0;
    long decoder = 0;
    long bytes = 0;
    for (ModelGraph graph : model.graphs().values()) {
      if (DECODERS.contains(graph.name())) {
        decoder = Math.max(decoder, graph.file().parameterCount());
      } else {
        parameters += graph.file().parameterCount();
      }
      bytes += graph.file().sizeBytes();
    }
    parameters += decoder;
    boolean single = model.family() == Family.GRAPH;
    return new Inspection(
        model,
        parameters,
        bytes,
        single ? null : model.family().label(),
        model.check(),
        single ? candidates(model.graph("graph").described()) : Collections.emptyList());
  }

  private static List<String> candidates(GraphDescription described) {
    List<String> candidates = new ArrayList<>();
    for (Spec spec : Specs.all().values()) {
      for (GraphSpec graph : spec.graphs().values()) {
        Map<String, GraphDescription> one = new LinkedHashMap<>();
        one.put(graph.name(), described);
        boolean meets = true;
        for (Difference difference : SpecCheck.check(spec, one)) {
          meets &= difference.kind() == Difference.Kind.MISSING_GRAPH;
        }
        if (meets) {
          candidates.add(spec.name() + "/" + graph.name());
        }
      }
    }
    return candidates;
  }
}
