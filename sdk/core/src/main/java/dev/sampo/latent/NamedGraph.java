package dev.sampo.latent;

import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.TensorException;
import dev.sampo.runtime.TensorInfo;
import java.util.Map;

/** A graph whose inputs and outputs go by the names of its spec, whatever they are called in the file. */
final class NamedGraph implements AutoCloseable {
  private final Graph graph;
  private final Map<String, String> inputs;
  private final Map<String, String> outputs;

  /**
   * @param inputs names in the graph by names in the spec, for those that differ
   * @param outputs the same for outputs
   */
  NamedGraph(Graph graph, Map<String, String> inputs, Map<String, String> outputs) {
    this.graph = graph;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  Graph graph() {
    return graph;
  }

  String inputName(String name) {
    return inputs.getOrDefault(name, name);
  }

  String outputName(String name) {
    return outputs.getOrDefault(name, name);
  }

  boolean takes(String name) {
    return graph.inputs().containsKey(inputName(name));
  }

  boolean gives(String name) {
    return graph.outputs().containsKey(outputName(name));
  }

  TensorInfo input(String name) {
    return info(graph.inputs(), inputName(name), "input");
  }

  TensorInfo output(String name) {
    return info(graph.outputs(), outputName(name), "output");
  }

  private TensorInfo info(Map<String, TensorInfo> infos, String name, String kind) {
    TensorInfo info = infos.get(name);
    if (info == null) {
      throw new TensorException(
          name,
          graph.name()
              + " has no "
              + kind
              + " '"
              + name
              + "'; it has "
              + infos.keySet()
              + ". Map the name in sampo.json.");
    }
    return info;
  }

  /** The batch size that the graph insists on, or 0 where any will do. */
  int fixedBatch(String input) {
    long dim = input(input).shape().dim(0);
    return dim > 0 ? (int) dim : 0;
  }

  GraphRun prepare() {
    return graph.prepare();
  }

  @Override
  public void close() {
    graph.close();
  }
}
