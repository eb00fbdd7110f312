package dev.sampo.samplers.diffusion.grid;

import dev.sampo.samplers.diffusion.Schedule;

/**
 * Where a run goes: the times at which the model is called and the noise levels there.
 *
 * @param timesteps times of training, falling
 * @param levels noise levels by call, and one more that the last step ends at
 */
@SuppressWarnings("ArrayRecordComponent") // made for one run and read by it alone
public record TimeGrid(double[] timesteps, float[] levels) {

  /** Number of steps. */
  public int count() {
    return timesteps.length;
  }

  /** The schedule of a solver that starts from plain noise and calls the model once a step, at whole times. */
  public Schedule schedule() {
    return new Schedule(timesteps, true, levels, 1.0, 1);
  }

  /** sigma_max, or sqrt(sigma_max^2 + 1) with leading spacing, whose first level is no maximum. */
  public double initNoiseSigma(String spacing) {
    double max = Sigmas.max(levels);
    return spacing.equals("leading") ? (float) Math.sqrt(max * max + 1) : max;
  }
}
