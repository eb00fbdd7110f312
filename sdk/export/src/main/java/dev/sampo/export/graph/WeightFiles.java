package dev.sampo.export.graph;

import dev.sampo.error.ModelException;
import dev.sampo.export.weights.LoraAdapter;
import dev.sampo.export.weights.MergedWeights;
import dev.sampo.export.weights.Weight;
import dev.sampo.export.weights.Weights;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A model's weights, where a graph finds their files, and which of them the graphs took. */
public final class WeightFiles {
  private final Weights weights;
  private final Function<Path, String> location;
  private final Set<String> used = new HashSet<>();
  private final MergedWeights merged = new MergedWeights();
  private @Nullable LoraAdapter adapter;

  /**
   * @param location what a graph calls a file: its path relative to the folder of the graph
   */
  public WeightFiles(Weights weights, Function<Path, String> location) {
    this.weights = weights;
    this.location = location;
  }

  public Weights weights() {
    return weights;
  }

  String location(Weight weight) {
    return location.apply(weight.file());
  }

  /** Lets an adapter's changes be merged into the weights. */
  public void adapt(LoraAdapter value) {
    adapter = value;
  }

  /** Weights that were merged. */
  public MergedWeights merged() {
    return merged;
  }

  /** What the adapter changes of a module, or null. */
  LoraAdapter.@Nullable Delta change(String module) {
    return adapter == null ? null : adapter.of(module);
  }

  /** What the adapter changes of a table of embeddings, or null. */
  LoraAdapter.@Nullable Delta changeOfEmbedding(String module) {
    return adapter == null ? null : adapter.ofEmbedding(module);
  }

  /** The tensor of that name, which counts as taken from now on. */
  Weight use(String name) {
    used.add(name);
    return weights.get(name);
  }

  /** Marks what the graphs have no need of. */
  public void ignore(String... names) {
    used.addAll(List.of(names));
  }

  /**
   * Refuses tensors that no graph took: they belong to something that the graphs do not compute.
   *
   * @param harmless regular expression of names that may be left over
   * @throws ModelException if there are others
   */
  public void requireAllUsed(String harmless) {
    Set<String> left = new TreeSet<>();
    for (String name : weights.byName().keySet()) {
      if (!used.contains(name) && !name.matches(harmless)) {
        left.add(name);
      }
    }
    if (!left.isEmpty()) {
      throw new ModelException(
          weights.folder(),
          "The weights of "
              + weights.folder()
              + " have "
              + left.size()
              + " tensors that config.json gives no place, such as "
              + left.stream().limit(5).toList()
              + ". The graph would leave them out, so nothing was exported.");
    }
  }
}
