package dev.sampo.samplers.diffusion;

import dev.sampo.error.RequestException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** When the model is called in a run, and with how much noise the run begins. Immutable. */
public final class Schedule {
  private final double[] timesteps;
  private final float @Nullable [] sigmas;
  private final boolean wholeTimesteps;
  private final double initNoiseSigma;
  private final int order;

  /**
   * A schedule from its parts.
   *
   * @param timesteps the time given to the model at each call
   * @param wholeTimesteps whether the times are whole numbers
   * @param sigmas the noise levels, one more than there are calls, or null where the algorithm has none
   * @param initNoiseSigma what standard normal noise is multiplied by to begin with
   * @param order model calls per nominal step
   */
  public Schedule(
      double[] timesteps,
      boolean wholeTimesteps,
      float @Nullable [] sigmas,
      double initNoiseSigma,
      int order) {
    this.timesteps = Arrays.copyOf(timesteps, timesteps.length);
    this.wholeTimesteps = wholeTimesteps;
    this.sigmas = sigmas == null ? null : Arrays.copyOf(sigmas, sigmas.length);
    this.initNoiseSigma = initNoiseSigma;
    this.order = order;
  }

  /** Number of model calls of a full run. */
  public int callCount() {
    return timesteps.length;
  }

  /** The time of model call {@code i}. */
  public double timestep(int i) {
    return timesteps[i];
  }

  /** A copy of all times, in the order of the calls. */
  public double[] timesteps() {
    return Arrays.copyOf(timesteps, timesteps.length);
  }

  /** Whether the times are whole numbers. */
  public boolean hasWholeTimesteps() {
    return wholeTimesteps;
  }

  /** A copy of the noise levels, or null where the algorithm has none. */
  public float @Nullable [] sigmas() {
    return sigmas == null ? null : Arrays.copyOf(sigmas, sigmas.length);
  }

  /**
   * A copy of the noise levels.
   *
   * @throws IllegalStateException where the algorithm has none
   */
  public float[] levels() {
    if (sigmas == null) {
      throw new IllegalStateException("This schedule has no noise levels.");
    }
    return Arrays.copyOf(sigmas, sigmas.length);
  }

  /** What standard normal noise is multiplied by to begin with. */
  public double initNoiseSigma() {
    return initNoiseSigma;
  }

  /** Model calls per nominal step. */
  public int order() {
    return order;
  }

  /**
   * Index of the call at time {@code timestep}; the second one where a time comes twice, as diffusers counts.
   *
   * @throws RequestException if the schedule has no such time
   */
  public int indexOf(double timestep) {
    int found = -1;
    for (int i = 0; i < timesteps.length; i++) {
      if (Math.abs(timesteps[i] - timestep) <= 1e-6 * Math.max(1, Math.abs(timestep))) {
        if (found >= 0) {
          return i;
        }
        found = i;
      }
    }
    if (found < 0) {
      throw new RequestException(
          null,
          "Timestep " + timestep + " is not in the schedule " + Arrays.toString(timesteps) + ".");
    }
    return found;
  }

  /** Index of the first call of a run that leaves out {@code 1 - strength} of the steps (image to image). */
  public int beginIndex(int stepCount, double strength) {
    if (!(strength >= 0 && strength <= 1)) {
      throw new RequestException(
          "strength", "strength lies between 0 and 1, got " + strength + ".");
    }
    int kept = Math.min((int) (stepCount * strength), stepCount);
    return Math.min((stepCount - kept) * order, callCount());
  }
}
