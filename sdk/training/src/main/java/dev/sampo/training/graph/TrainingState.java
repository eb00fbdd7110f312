package dev.sampo.training.graph;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Everything that a run carries from step to step.
 *
 * @param step updates done
 * @param values weights by parameter name, and running statistics
 * @param firstMoments AdamW's first moment or SGD's momentum, by parameter name
 * @param secondMoments AdamW's second moment, by parameter name
 * @param average the moving average of the weights; empty if none is kept
 */
public record TrainingState(
    long step,
    Map<String, float[]> values,
    Map<String, float[]> firstMoments,
    Map<String, float[]> secondMoments,
    Map<String, float[]> average) {

  /** The start: weights of the files, moments zero. */
  public static TrainingState initial(TrainingGraph graph, OptimizerConfig optimizer) {
    Map<String, float[]> values = new LinkedHashMap<>();
    Map<String, float[]> first = new LinkedHashMap<>();
    Map<String, float[]> second = new LinkedHashMap<>();
    for (Parameter p : graph.parameters().values()) {
      values.put(p.name(), graph.initialValue(p.name()));
      first.put(p.name(), new float[p.size()]);
      if (optimizer.kind() == OptimizerConfig.Kind.ADAMW) {
        second.put(p.name(), new float[p.size()]);
      }
    }
    graph.buffers().keySet().forEach(b -> values.put(b, graph.initialValue(b)));
    Map<String, float[]> average = new LinkedHashMap<>();
    if (optimizer.emaDecay() > 0) {
      values.forEach((name, value) -> average.put(name, value.clone()));
    }
    return new TrainingState(0, values, first, second, average);
  }

  /** The averaged weights where an average is kept, else the weights. */
  public Map<String, float[]> best() {
    if (average.isEmpty()) {
      return values;
    }
    Map<String, float[]> result = new LinkedHashMap<>(values);
    result.putAll(average);
    return result;
  }
}
