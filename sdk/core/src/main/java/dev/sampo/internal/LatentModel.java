package dev.sampo.internal;

import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.model.ModelGraph;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.specs.ImageFormat;
import dev.sampo.specs.LatentFormat;
import dev.sampo.specs.SampoJson;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An opened folder of one family: its {@code sampo.json} and its graphs, which it owns. */
public final class LatentModel implements AutoCloseable {
  private final SampoJson json;
  private final Map<String, NamedGraph> graphs;

  private final Path root;
  private final double loadMillis;

  private LatentModel(
      Path root, SampoJson json, Map<String, NamedGraph> graphs, double loadMillis) {
    this.root = root;
    this.json = json;
    this.graphs = graphs;
    this.loadMillis = loadMillis;
  }

  /**
   * Loads the graphs of a folder.
   *
   * @throws ModelException when the folder is of another family
   */
  public static LatentModel open(ModelFolder folder, Family family, SessionConfig config) {
    long start = System.nanoTime();
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
    return new LatentModel(folder.root(), json, graphs, (System.nanoTime() - start) / 1e6);
  }

  /** What loading the graphs took. */
  public double loadMillis() {
    return loadMillis;
  }

  /** A fault of {@code sampo.json}. */
  public ModelException fault(String message) {
    return new ModelException(root.resolve("sampo.json"), message);
  }

  public SampoJson json() {
    return json;
  }

  /** The latents; every spec that asks for this requires them. */
  public LatentFormat latent() {
    LatentFormat latent = json.latent();
    if (latent == null) {
      throw fault(json.name() + " has no block 'latent' in its sampo.json.");
    }
    return latent;
  }

  /** The pictures; every spec that asks for this requires them. */
  public ImageFormat image() {
    ImageFormat image = json.image();
    if (image == null) {
      throw fault(json.name() + " has no block 'image' in its sampo.json.");
    }
    return image;
  }

  public boolean has(String graph) {
    return graphs.containsKey(graph);
  }

  /**
   * A graph by its name in the spec.
   *
   * @throws ModelException when this folder does not have it
   */
  public NamedGraph graph(String name) {
    NamedGraph graph = graphs.get(name);
    if (graph == null) {
      throw fault(
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
   * @throws RequestException when labels are given to a graph without classes, or do not fit
   */
  public long[] labels(NamedGraph graph, List<Integer> asked, int count) {
    int classes = json.classes().size();
    if (!graph.takes("class_label")) {
      if (!asked.isEmpty()) {
        throw new RequestException(
            "classLabels", json.name() + " has no classes: leave the class labels out.");
      }
      return new long[0];
    }
    if (asked.isEmpty() && classes == 0) {
      throw new RequestException(
          "classLabels",
          json.name() + " wants class labels, and its sampo.json does not list the classes.");
    }
    if (asked.size() > 1 && asked.size() != count) {
      throw new RequestException(
          "classLabels",
          "Got " + asked.size() + " class labels for " + count + " results; give one or all.");
    }
    long[] labels = new long[count];
    for (int i = 0; i < count; i++) {
      int label = asked.isEmpty() ? i % classes : asked.get(asked.size() == 1 ? 0 : i);
      if (label < 0 || (classes > 0 && label >= classes)) {
        throw new RequestException(
            "classLabels",
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
   * The shape of one latent as a graph takes it: what the graph declares, open dimensions filled so that the size of {@code sampo.json}
   * comes out (a square where height and width are open).
   */
  public long[] latentShape(NamedGraph graph, String input) {
    long[] declared = graph.input(input).shape().dims();
    long size = latent().size();
    if (declared.length <= 2) {
      return new long[] {size};
    }
    long[] shape = Arrays.copyOfRange(declared, 1, declared.length);
    long known = 1;
    int open = 0;
    for (long dim : shape) {
      known *= Math.max(1, dim);
      open += dim < 0 ? 1 : 0;
    }
    long side = open == 0 ? 1 : Math.round(Math.pow((double) size / known, 1.0 / open));
    long product = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = shape[i] < 0 ? side : shape[i];
      product *= shape[i];
    }
    if (product != size) {
      throw fault(
          json.name()
              + " says that a latent has "
              + size
              + " values, its graph takes "
              + Arrays.toString(declared)
              + ". Correct \"size\" of \"latent\".");
    }
    return shape;
  }

  /**
   * Vectors must have the size that {@code sampo.json} states.
   *
   * @throws RequestException when one has not
   */
  public void checkLatents(float[][] z) {
    for (float[] row : z) {
      if (row.length != latent().size()) {
        throw new RequestException(
            "z",
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
