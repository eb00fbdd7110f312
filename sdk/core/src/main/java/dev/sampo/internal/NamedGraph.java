package dev.sampo.internal;

import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.TensorException;
import dev.sampo.runtime.TensorInfo;
import java.util.Map;

/** A graph whose inputs and outputs go by the names of its spec, whatever they are called in the file. */
public final class NamedGraph implements AutoCloseable {
  private final Graph graph;
  private final Map<String, String> inputs;
  private final Map<String, String> outputs;

  /**
   * @param inputs names in the graph by names in the spec, for those that differ
   * @param outputs the same for outputs
   */
  public NamedGraph(Graph graph, Map<String, String> inputs, Map<String, String> outputs) {
    this.graph = graph;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  public Graph graph() {
    return graph;
  }

  public String inputName(String name) {
    return inputs.getOrDefault(name, name);
  }

  public String outputName(String name) {
    return outputs.getOrDefault(name, name);
  }

  public boolean takes(String name) {
    return graph.inputs().containsKey(inputName(name));
  }

  public boolean gives(String name) {
    return graph.outputs().containsKey(outputName(name));
  }

  public TensorInfo input(String name) {
    return info(graph.inputs(), inputName(name), "input");
  }

  public TensorInfo output(String name) {
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
  public int fixedBatch(String input) {
    long dim = input(input).shape().dim(0);
    return dim > 0 ? (int) dim : 0;
  }

  public GraphRun prepare() {
    return graph.prepare();
  }

  @Override
  public void close() {
    graph.close();
  }
}
