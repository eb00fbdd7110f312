package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import dev.sampo.internal.Seeds;
import dev.sampo.picture.PictureBatch;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.random.NoiseSource;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.ArrayList;
import java.util.List;

/** The random streams of one job: one for all pictures, one for each, or the caller's own. */
final class JobNoise {
  private final NoiseSource source;
  private final List<TorchGenerator> generators = new ArrayList<>();
  private final boolean perPicture;
  private final long[] seeds;

  JobNoise(DiffusionRequest request, int batch) {
    NoiseSource own = request.noise();
    if (own != null) {
      source = own;
      perPicture = false;
      seeds = new long[0];
      return;
    }
    long[] each = request.seeds();
    DiffusionState saved = request.resume();
    if (each.length > 0) {
      seeds = each;
    } else if (request.seed() == null && saved != null) {
      seeds = saved.seeds().stream().mapToLong(s -> s).toArray();
    } else {
      seeds = new long[] {Seeds.orDrawn(request.seed())};
    }
    if (seeds.length != 1 && seeds.length != batch) {
      throw new RequestException(
          "seeds",
          "There are "
              + seeds.length
              + " seeds for "
              + batch
              + " pictures. Give one, or one for each.");
    }
    for (long seed : seeds) {
      generators.add(new TorchGenerator(seed));
    }
    perPicture = seeds.length > 1;
    source = perPicture ? NoiseSource.perSample(generators) : generators.get(0);
  }

  /** The seeds, asked for or drawn; none with the caller's own source. */
  long[] seeds() {
    return seeds.clone();
  }

  /** Whether the state of the noise is known, so that the run can be put aside. */
  boolean isSaved() {
    return !generators.isEmpty();
  }

  NoiseSource source() {
    return source;
  }

  /** Whether each picture has a stream of its own. */
  boolean isPerPicture() {
    return perPicture;
  }

  DiffusionState save(PictureBatch latents, DiffusionRun run) {
    if (generators.isEmpty()) {
      throw new RequestException(
          "noise",
          "The state of the request's own noise source is not known, so the run cannot be put"
              + " aside. Use seeds.");
    }
    List<TorchGenerator.State> states = new ArrayList<>();
    for (TorchGenerator generator : generators) {
      states.add(generator.state());
    }
    List<Long> started = new ArrayList<>();
    for (long seed : seeds) {
      started.add(seed);
    }
    return new DiffusionState(latents, run.save(), states, started);
  }

  void restore(DiffusionState state) {
    if (state.generators().size() != generators.size()) {
      throw new RequestException(
          "resume",
          "The saved run has "
              + state.generators().size()
              + " random streams, the request "
              + generators.size()
              + ". Resume with the same request.");
    }
    for (int i = 0; i < generators.size(); i++) {
      generators.get(i).restore(state.generators().get(i));
    }
  }
}
