package dev.sampo.internal;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.random.NoiseSource;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** PyTorch's random streams of one request: one for all samples, or one for each. */
public final class RandomStreams {
  private final List<TorchGenerator> generators = new ArrayList<>();
  private final long[] seeds;
  private final NoiseSource source;

  /**
   * Starts them.
   *
   * @param seed of all samples together, drawn where it is null and {@code each} is empty
   * @param each seeds, one for each sample; empty for one together
   */
  public RandomStreams(@Nullable Long seed, long[] each, int batch) {
    this.seeds = each.length > 0 ? each.clone() : new long[] {Seeds.orDrawn(seed)};
    if (seeds.length != 1 && seeds.length != batch) {
      throw new RequestException(
          "seeds",
          "There are "
              + seeds.length
              + " seeds for "
              + batch
              + " samples. Give one, or one for each.");
    }
    for (long s : seeds) {
      generators.add(new TorchGenerator(s));
    }
    this.source = seeds.length > 1 ? NoiseSource.perSample(generators) : generators.get(0);
  }

  /** Where noise of the whole batch comes from. */
  public NoiseSource source() {
    return source;
  }

  /** Standard normal values. */
  public float[] randn(int count) {
    float[] z = new float[count];
    source.randn(z);
    return z;
  }

  /** The first seed, asked for or drawn. */
  public long seed() {
    return seeds[0];
  }

  /** The states of the streams. */
  public List<TorchGenerator.State> save() {
    List<TorchGenerator.State> states = new ArrayList<>();
    for (TorchGenerator generator : generators) {
      states.add(generator.state());
    }
    return states;
  }

  /** Goes back to saved states of as many streams. */
  public void restore(List<TorchGenerator.State> states) {
    if (states.size() != generators.size()) {
      throw new RequestException(
          "resume",
          "The saved run has "
              + states.size()
              + " random streams, the request "
              + generators.size()
              + ". Resume with the same request.");
    }
    for (int i = 0; i < generators.size(); i++) {
      generators.get(i).restore(states.get(i));
    }
  }
}
