package dev.sampo.samplers.diffusion.grid;

import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SchedulerConfig;

/**
 * The grid of the sigma-space schedulers (Euler, Heun, LMS, KDPM2), where x = x0 + sigma eps: times keep their fractions, and a ladder spans
 * the levels that the times would have had, or {@code sigma_min} to {@code sigma_max}.
 */
public final class SigmaGrid {
  private final String scheduler;
  private final SchedulerConfig config;
  private final NoiseTable table;
  private final Ladder ladder;
  private final String spacing;

  /** Reads {@code timestep_spacing, steps_offset, sigma_min, sigma_max}. */
  public SigmaGrid(String scheduler, SchedulerConfig config, NoiseTable table, Ladder ladder) {
    this.scheduler = scheduler;
    this.config = config;
    this.table = table;
    this.ladder = ladder;
    this.spacing = config.text("timestep_spacing", "linspace");
  }

  /** The configuration's {@code timestep_spacing}. */
  public String spacing() {
    return spacing;
  }

  /** The ladder, or none. */
  public Ladder ladder() {
    return ladder;
  }

  /**
   * Times and levels of a run.
   *
   * @param last the level after the last step
   */
  public TimeGrid of(RunOptions options, double last) {
    double[] timesteps = options.timesteps();
    if (timesteps != null) {
      Checks.noLadder(scheduler, "timesteps", ladder);
    } else {
      Checks.stepCount(scheduler, options, table.size());
      timesteps =
          Spacing.fractional(
              scheduler,
              spacing,
              table.size(),
              options.stepCount(),
              config.integer("steps_offset", 0));
    }
    float[] all = table.sigmas();
    double[] sigmas = Sigmas.at(timesteps, all);
    if (ladder != Ladder.NONE) {
      double min = config.number("sigma_min", sigmas[sigmas.length - 1]);
      double max = config.number("sigma_max", sigmas[0]);
      sigmas = ladder.levels(min, max, options.stepCount());
      timesteps = Sigmas.times(sigmas, Sigmas.logs(all));
    }
    return new TimeGrid(timesteps, Sigmas.withLast(sigmas, last));
  }
}
