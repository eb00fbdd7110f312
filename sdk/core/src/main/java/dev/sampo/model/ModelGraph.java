package dev.sampo.model;

import dev.sampo.runtime.Graph;
import dev.sampo.runtime.OnnxFile;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.specs.GraphDescription;
import dev.sampo.specs.GraphSpec;
import dev.sampo.specs.TensorSpec;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One graph of a model folder, not loaded.
 *
 * @param name its name in the spec, such as {@code decoder_with_past}
 * @param file where it is, and what the file says about itself
 * @param inputNames {@code {name in the spec: name in the graph}} for those that differ
 * @param outputNames the same for outputs
 */
public record ModelGraph(
    String name, OnnxFile file, Map<String, String> inputNames, Map<String, String> outputNames) {
  private static final Logger LOG = LoggerFactory.getLogger(ModelGraph.class);

  /** Copies the maps. */
  public ModelGraph {
    inputNames = Collections.unmodifiableMap(new LinkedHashMap<>(inputNames));
    outputNames = Collections.unmodifiableMap(new LinkedHashMap<>(outputNames));
  }

  /** Loads the graph; the caller closes it. See {@link Graph#load}. */
  public Graph load(SessionConfig config) {
    if (file.randomOperators().isEmpty()) {
      return Graph.load(path(), config.toBuilder().graphSeed(null).build());
    }
    if (config.graphSeed() == null) {
      LOG.warn(
          "{} draws random numbers inside ({}): no request's seed reaches them, results do not"
              + " repeat. SessionConfig.graphSeed seeds them.",
          path(),
          file.randomOperators());
    }
    return Graph.load(path(), config);
  }

  /** The file. */
  public Path path() {
    return file.path();
  }

  /** What the graph calls an input of the spec. */
  public String input(String specName) {
    return inputNames.getOrDefault(specName, specName);
  }

  /** What the graph calls an output of the spec. */
  public String output(String specName) {
    return outputNames.getOrDefault(specName, specName);
  }

  /** Whether the graph has an input that the spec calls so. */
  public boolean hasInput(String specName) {
    return file.description().inputs().containsKey(input(specName));
  }

  /** Whether the graph has an output that the spec calls so. */
  public boolean hasOutput(String specName) {
    return file.description().outputs().containsKey(output(specName));
  }

  /** Number of inputs or outputs that the spec names with {@code {N}}, such as {@code past_key_values.{N}.key}. */
  public int count(GraphSpec spec, String repeated) {
    int count = 0;
    for (TensorSpec tensor : spec.inputs()) {
      count += tensor.name().equals(repeated) ? count(tensor, described().inputs().keySet()) : 0;
    }
    for (TensorSpec tensor : spec.outputs()) {
      count += tensor.name().equals(repeated) ? count(tensor, described().outputs().keySet()) : 0;
    }
    return count;
  }

  private static int count(TensorSpec tensor, Iterable<String> names) {
    int count = 0;
    for (String name : names) {
      count += tensor.indexOf(name) >= 0 ? 1 : 0;
    }
    return count;
  }

  /** The graph under the names of the spec. */
  public GraphDescription described() {
    return file.description().renamed(inputNames, outputNames);
  }
}
