package dev.sampo.sound;

import dev.sampo.error.ModelException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * One run of a merged decoder ({@code decoder_model_merged.onnx} of Optimum), with the keys and values of what it was fed. In the first step the past inputs are
 * ignored, but must be there; from then on the keys and values of the encoder's states come out empty, and the first ones stay.
 */
final class CachedDecoder implements AutoCloseable {
  private static final String PAST = "past_key_values";
  private static final String BRANCH = "use_cache_branch";

  private final Graph graph;
  private final Map<String, Tensor> past = new LinkedHashMap<>();
  private boolean started;

  CachedDecoder(Graph graph, int batch) {
    this.graph = graph;
    for (TensorInfo info : graph.inputs().values()) {
      if (info.name().startsWith(PAST)) {
        Shape shape = info.shape();
        if (shape.rank() != 4 || shape.dim(1) < 1 || shape.dim(3) < 1) {
          throw new ModelException(
              graph.path(),
              graph.name()
                  + " declares "
                  + info.name()
                  + " as "
                  + shape
                  + "; heads and their size have to be numbers.");
        }
        past.put(
            info.name(),
            Tensor.allocate(info.type(), Shape.of(batch, shape.dim(1), 1, shape.dim(3))));
      }
    }
  }

  /**
   * Runs one step.
   *
   * @param inputs all but the cache; what the graph does not take is left out
   * @param results outputs wanted beside the cache
   * @return the results; close them
   */
  Outputs step(Map<String, Tensor> inputs, Set<String> results, CancellationToken token) {
    Map<String, Tensor> all = new LinkedHashMap<>(inputs);
    all.putAll(past);
    Set<String> wanted = new LinkedHashSet<>(results);
    for (String name : past.keySet()) {
      if (changes(name)) {
        wanted.add(present(name));
      }
    }
    Outputs outputs;
    try (Tensor branch = Tensor.ofBools(Shape.of(1), started)) {
      all.put(BRANCH, branch);
      all.keySet().retainAll(graph.inputs().keySet());
      outputs = graph.run(all, wanted, token);
    }
    for (Map.Entry<String, Tensor> entry : past.entrySet()) {
      if (changes(entry.getKey())) {
        entry.getValue().close();
        entry.setValue(outputs.take(present(entry.getKey())));
      }
    }
    started = true;
    return outputs;
  }

  private boolean changes(String name) {
    return !started || name.contains(".decoder.");
  }

  private static String present(String name) {
    return "present" + name.substring(PAST.length());
  }

  @Override
  public void close() {
    past.values().forEach(Tensor::close);
    past.clear();
  }
}
