package dev.sampo.diffusion;

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
 */
public record DiffusionState(
    Latents latents, DiffusionRun.State run, List<TorchGenerator.State> generators) {

  /** Copies the list. */
  public DiffusionState {
    generators = Collections.unmodifiableList(new ArrayList<>(generators));
  }
}
