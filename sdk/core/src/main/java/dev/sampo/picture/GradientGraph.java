package dev.sampo.picture;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * A graph that computes a decoder's loss and its gradient: inputs {@code z} [1, latent] and whatever else the loss needs (bound once:
 * usually {@code target}), outputs {@code loss} (one value) and {@code z_grad} [1, latent]. The training module makes such graphs out of
 * a decoder; any other that keeps these names will do.
 */
public final class GradientGraph implements LatentSearch.Gradient, AutoCloseable {
  private static final Set<String> WANTED = new LinkedHashSet<>();

  static {
    WANTED.add("loss");
    WANTED.add("z_grad");
  }

  private final Graph graph;
  private final Map<String, Tensor> fixed = new HashMap<>();

  private GradientGraph(Graph graph) {
    this.graph = graph;
  }

  /** Loads the graph. */
  public static GradientGraph load(Path file, SessionConfig config) {
    return new GradientGraph(Graph.load(file, config));
  }

  /**
   * Binds an input that stays the same during the search, such as {@code target}.
   *
   * @param shape its shape with the batch dimension 1
   */
  public GradientGraph bind(String input, float[] values, long... shape) {
    Tensor before = fixed.put(input, Tensor.ofFloats(Shape.of(shape), values));
    if (before != null) {
      before.close();
    }
    return this;
  }

  @Override
  public double at(float[] latent, float[] gradient, CancellationToken token) {
    try (Tensor z = Tensor.ofFloats(Shape.of(1, latent.length), latent)) {
      Map<String, Tensor> inputs = new HashMap<>(fixed);
      inputs.put("z", z);
      try (Outputs outputs = graph.run(inputs, WANTED, token)) {
        outputs.get("z_grad").copyTo(gradient);
        return outputs.get("loss").toFloats()[0];
      }
    }
  }

  @Override
  public void close() {
    for (Tensor tensor : fixed.values()) {
      tensor.close();
    }
    graph.close();
  }
}
