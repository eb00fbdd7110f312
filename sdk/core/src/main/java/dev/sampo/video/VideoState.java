package dev.sampo.video;

import dev.sampo.error.RequestException;
import dev.sampo.internal.RandomStreams;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A run that was put aside after a step; goes on with the same request.
 *
 * @param latents the sample as the network lays it out
 * @param run the scheduler's index and memory
 * @param generators the random streams
 * @param seed what the first of them began with
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and out
public record VideoState(
    float[] latents, DiffusionRun.State run, List<TorchGenerator.State> generators, long seed) {

  /** Copies what it is made of. */
  public VideoState {
    latents = latents.clone();
    generators = Collections.unmodifiableList(new ArrayList<>(generators));
  }

  /**
   * Sets a run and its noise to where they were; returns the sample.
   *
   * @param length how many values the request makes
   * @throws RequestException if the saved run was another request's
   */
  float[] restored(int length, DiffusionRun to, RandomStreams noise) {
    if (latents.length != length) {
      throw new RequestException(
          "resume",
          "The saved run has "
              + latents.length
              + " values, the request makes "
              + length
              + ". Resume with the same request.");
    }
    to.restore(run);
    noise.restore(generators);
    return latents();
  }

  @Override
  public float[] latents() {
    return latents.clone();
  }
}
