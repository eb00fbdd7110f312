package dev.sampo.text.decoding;

import dev.sampo.model.ModelGraph;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.TensorInfo;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a graph calls its inputs and outputs, where that is not what the spec calls them: a {@code sampo.json} or a {@code genai_config.json} says so.
 * Everything else here speaks the spec's names; a run is bound by the graph's.
 */
final class Names {
  /** Where all names are the spec's. */
  static final Names SAME = new Names(Collections.emptyMap(), Collections.emptyMap());

  private final Map<String, String> inputs;
  private final Map<String, String> outputs;

  private Names(Map<String, String> inputs, Map<String, String> outputs) {
    this.inputs = inputs;
    this.outputs = outputs;
  }

  static Names of(ModelGraph graph) {
    return new Names(graph.inputNames(), graph.outputNames());
  }

  /** The graph's name of an input. */
  String input(String name) {
    return inputs.getOrDefault(name, name);
  }

  /** The graph's name of an output. */
  String output(String name) {
    return outputs.getOrDefault(name, name);
  }

  /** The inputs of a graph by the spec's names, in its order. */
  Map<String, TensorInfo> inputs(Graph graph) {
    return renamed(graph.inputs(), inputs);
  }

  /** The outputs of a graph by the spec's names, in its order. */
  Map<String, TensorInfo> outputs(Graph graph) {
    return renamed(graph.outputs(), outputs);
  }

  private static Map<String, TensorInfo> renamed(
      Map<String, TensorInfo> infos, Map<String, String> names) {
    if (names.isEmpty()) {
      return infos;
    }
    Map<String, String> back = new LinkedHashMap<>();
    names.forEach((spec, graph) -> back.put(graph, spec));
    Map<String, TensorInfo> renamed = new LinkedHashMap<>();
    infos.forEach((name, info) -> renamed.put(back.getOrDefault(name, name), info));
    return Collections.unmodifiableMap(renamed);
  }
}
