package dev.sampo.internal;

import dev.sampo.error.ModelException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.model.ModelGraph;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.specs.ImageFormat;
import dev.sampo.specs.LatentFormat;
import dev.sampo.specs.SampoJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An opened folder of one family: its {@code sampo.json} and its graphs, which it owns. */
public final class LatentModel implements AutoCloseable {
  private final SampoJson json;
  private final Map<String, NamedGraph> graphs;

  private LatentModel(SampoJson json, Map<String, NamedGraph> graphs) {
    this.json = json;
    this.graphs = graphs;
  }

  /**
   * Loads the graphs of a folder.
   *
   * @throws ModelException when the folder is of another family
   */
  public static LatentModel open(ModelFolder folder, Family family, SessionConfig config) {
    SampoJson json = folder.sampoJson();
    if (folder.family() != family || json == null) {
      throw new ModelException(
          folder.root(),
          "Model "
              + folder.root()
              + " is of family '"
              + folder.family().label()
              + "', wanted '"
              + family.label()
              + "'.");
    }
    Map<String, NamedGraph> graphs = new LinkedHashMap<>();
    try {
      for (ModelGraph graph : folder.graphs().values()) {
        graphs.put(
            graph.name(),
            new NamedGraph(graph.load(config), graph.inputNames(), graph.outputNames()));
      }
    } catch (RuntimeException | Error e) {
      graphs.values().forEach(NamedGraph::close);
      throw e;
    }
    return new LatentModel(json, graphs);
  }

  public SampoJson json() {
    return json;
  }

  /** The latents; every spec that asks for this requires them. */
  public LatentFormat latent() {
    LatentFormat latent = json.latent();
    if (latent == null) {
      throw new IllegalStateException(json.name() + " has no latents.");
    }
    return latent;
  }

  /** The pictures; every spec that asks for this requires them. */
  public ImageFormat image() {
    ImageFormat image = json.image();
    if (image == null) {
      throw new IllegalStateException(json.name() + " has no pictures.");
    }
    return image;
  }

  public boolean has(String graph) {
    return graphs.containsKey(graph);
  }

  /**
   * A graph by its name in the spec.
   *
   * @throws IllegalStateException when this folder does not have it
   */
  public NamedGraph graph(String name) {
    NamedGraph graph = graphs.get(name);
    if (graph == null) {
      throw new IllegalStateException(
          json.name()
              + " has no graph '"
              + name
              + "'; it has "
              + graphs.keySet()
              + ". Add it to sampo.json.");
    }
    return graph;
  }

  /**
   * The class of each of {@code count} results for a graph: as asked for, one for all, or in turn (result i is of class i modulo their
   * number) where nothing was asked for. Empty for a graph without classes.
   *
   * @throws IllegalArgumentException when labels are given to a graph without classes, or do not fit
   */
  public long[] labels(NamedGraph graph, List<Integer> asked, int count) {
    int classes = json.classes().size();
    if (!graph.takes("class_label")) {
      if (!asked.isEmpty()) {
        throw new IllegalArgumentException(
            json.name() + " has no classes: leave the class labels out.");
      }
      return new long[0];
    }
    if (asked.isEmpty() && classes == 0) {
      throw new IllegalArgumentException(
          json.name() + " wants class labels, and its sampo.json does not list the classes.");
    }
    if (asked.size() > 1 && asked.size() != count) {
      throw new IllegalArgumentException(
          "Got " + asked.size() + " class labels for " + count + " results; give one or all.");
    }
    long[] labels = new long[count];
    for (int i = 0; i < count; i++) {
      int label = asked.isEmpty() ? i % classes : asked.get(asked.size() == 1 ? 0 : i);
      if (label < 0 || (classes > 0 && label >= classes)) {
        throw new IllegalArgumentException(
            "There is no class "
                + label
                + " in "
                + json.name()
                + (classes > 0 ? "; wanted 0 to " + (classes - 1) + "." : "."));
      }
      labels[i] = label;
    }
    return labels;
  }

  /**
   * Vectors must have the size that {@code sampo.json} states.
   *
   * @throws IllegalArgumentException when one has not
   */
  public void checkLatents(float[][] z) {
    for (float[] row : z) {
      if (row.length != latent().size()) {
        throw new IllegalArgumentException(
            json.name()
                + " wants latents of "
                + latent().size()
                + " values, got "
                + row.length
                + ".");
      }
    }
  }

  @Override
  public void close() {
    graphs.values().forEach(NamedGraph::close);
  }
}
