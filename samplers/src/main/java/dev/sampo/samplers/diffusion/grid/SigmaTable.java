package dev.sampo.samplers.diffusion.grid;

import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SchedulerConfig;

/**
 * The schedule of the sigma-space schedulers (Euler, Heun, LMS, KDPM2): times, noise levels with the last one, and the log table
 * that leads from one to the other.
 *
 * @param timesteps times of training, falling
 * @param sigmas noise levels by time, one more than there are times
 * @param logTable log of the noise levels of training
 */
public record SigmaTable(double[] timesteps, double[] sigmas, float[] logTable) {

  /** sigma_max, or sqrt(sigma_max^2 + 1) with leading spacing, whose first level is no maximum. */
  public static double initNoiseSigma(String spacing, float[] sigmas) {
    double max = Sigmas.max(sigmas);
    return spacing.equals("leading") ? (float) Math.sqrt(max * max + 1) : max;
  }

  /**
   * Times and levels.
   *
   * @param ladder {@code none, karras, exponential, beta}
   * @param roundKarras whether times found on a Karras ladder are rounded (KDPM2)
   */
  public static SigmaTable of(
      String scheduler,
      NoiseTable table,
      SchedulerConfig config,
      RunOptions options,
      String ladder,
      String spacing,
      boolean roundKarras) {
    int n = options.stepCount();
    double[] timesteps = options.timesteps();
    if (timesteps != null) {
      Checks.noLadder(scheduler, "timesteps", ladder);
    } else {
      Checks.stepCount(scheduler, options, table.size());
      timesteps =
          Spacing.fractional(
              scheduler, spacing, table.size(), n, config.integer("steps_offset", 0));
    }
    float[] all = table.sigmas();
    float[] logTable = Sigmas.logs(all);
    double[] sigmas = Sigmas.at(timesteps, all);
    if (!ladder.equals("none")) {
      double min = config.number("sigma_min", sigmas[sigmas.length - 1]);
      double max = config.number("sigma_max", sigmas[0]);
      sigmas = Sigmas.ladder(ladder, min, max, n);
      timesteps = Sigmas.times(sigmas, logTable);
      if (roundKarras && ladder.equals("karras")) {
        Spacing.rounded(timesteps);
      }
    }
    return new SigmaTable(timesteps, sigmas, logTable);
  }
}
