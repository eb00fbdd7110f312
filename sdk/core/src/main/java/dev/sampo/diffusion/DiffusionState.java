package dev.sampo.diffusion;

import dev.sampo.picture.PictureBatch;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A run that was put aside after a model call.
 *
 * @param latents the sample
 * @param run the scheduler's index and memory
 * @param generators the random streams
 * @param seeds what the streams began with
 */
public record DiffusionState(
    PictureBatch latents,
    DiffusionRun.State run,
    List<TorchGenerator.State> generators,
    List<Long> seeds) {

  /** Copies the lists. */
  public DiffusionState {
    generators = Collections.unmodifiableList(new ArrayList<>(generators));
    seeds = Collections.unmodifiableList(new ArrayList<>(seeds));
  }
}
