package dev.sampo.specs;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a graph declares: its inputs and outputs by name, in its own order. */
public record GraphDescription(
    Map<String, TensorDescription> inputs, Map<String, TensorDescription> outputs) {
  /** Copies the maps. */
  public GraphDescription {
    inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
  }

  /** The same graph under the names of a spec: {@code {specName: graphName}} for what is named differently. */
  public GraphDescription renamed(Map<String, String> inputNames, Map<String, String> outputNames) {
    return new GraphDescription(rename(inputs, inputNames), rename(outputs, outputNames));
  }

  private static Map<String, TensorDescription> rename(
      Map<String, TensorDescription> tensors, Map<String, String> names) {
    Map<String, String> toSpec = new LinkedHashMap<>();
    for (Map.Entry<String, String> e : names.entrySet()) {
      toSpec.put(e.getValue(), e.getKey());
    }
    Map<String, TensorDescription> renamed = new LinkedHashMap<>();
    for (Map.Entry<String, TensorDescription> e : tensors.entrySet()) {
      renamed.put(toSpec.getOrDefault(e.getKey(), e.getKey()), e.getValue());
    }
    return renamed;
  }
}
