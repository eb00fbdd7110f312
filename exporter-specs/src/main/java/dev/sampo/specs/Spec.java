package dev.sampo.specs;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The contract of one family of models: one file of {@code exporter-specs/specs}.
 *
 * @param name its name, such as {@code gan}
 * @param title its name for people
 * @param layout whose folder layout it follows
 * @param description what such a model does, with its paper
 * @param layouts sets of graphs that make a model complete, the fullest first
 * @param shared symbols that must have the same value in all graphs of a folder; others only within one graph
 * @param graphs the graphs by name
 * @param sampoJson what {@code sampo.json} holds for this family, or null where it needs no more than graphs and names
 */
public record Spec(
    String name,
    String title,
    Layout layout,
    String description,
    List<List<String>> layouts,
    Set<String> shared,
    Map<String, GraphSpec> graphs,
    @Nullable SampoJsonSpec sampoJson) {

  /** Whose folder layout a family follows. */
  public enum Layout {
    /** One {@code sampo.json} beside the graphs. */
    SAMPO,
    /** Hugging Face Optimum: {@code config.json} beside the graphs. */
    OPTIMUM,
    /** Hugging Face diffusers: {@code model_index.json} and one folder a graph. */
    DIFFUSERS
  }

  /** Whether a block of {@code sampo.json} must, may or must not be there. */
  public enum Presence {
    REQUIRED,
    OPTIONAL,
    NONE
  }

  /** The blocks and keys of {@code sampo.json} that belong to one family. */
  public record SampoJsonSpec(
      Presence latent, Presence image, Presence classes, List<PropertySpec> properties) {
    /** Copies the list. */
    public SampoJsonSpec {
      properties = Collections.unmodifiableList(new ArrayList<>(properties));
    }
  }

  /** Copies the collections. */
  public Spec {
    List<List<String>> copies = new ArrayList<>();
    for (List<String> one : layouts) {
      copies.add(Collections.unmodifiableList(new ArrayList<>(one)));
    }
    layouts = Collections.unmodifiableList(copies);
    shared = Collections.unmodifiableSet(new LinkedHashSet<>(shared));
    graphs = Collections.unmodifiableMap(new LinkedHashMap<>(graphs));
  }

  /**
   * Reads one file of {@code exporter-specs/specs}.
   *
   * @param source what to call it in messages
   * @throws SpecException if it is not well-formed; the message names the key
   */
  public static Spec parse(String json, String source) {
    return SpecParser.parse(json, source);
  }

  /**
   * The graph with that name.
   *
   * @throws SpecException if there is none; the message lists those there are
   */
  public GraphSpec graph(String graphName) {
    GraphSpec graph = graphs.get(graphName);
    if (graph == null) {
      throw new SpecException(
          "spec " + name, "has no graph '" + graphName + "'; it has " + graphs.keySet());
    }
    return graph;
  }
}
