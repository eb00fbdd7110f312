package dev.sampo.samplers.diffusion.grid;

import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import org.jspecify.annotations.Nullable;

/**
 * The grid of the solvers that work in log-SNR (DPM-Solver, DEIS, UniPC, SA-Solver): whole times that leave out the very first of training,
 * or a ladder over the whole table whose times are found afterwards.
 *
 * <p>Keys: {@code timestep_spacing, steps_offset, sigma_min, sigma_max, flow_shift} and, where the algorithm knows it, {@code
 * lambda_min_clipped}.
 */
public final class SolverGrid {
  /** What the last step ends at. */
  public enum Last {
    /** No noise at all. */
    ZERO,
    /** The level of the first time of training. */
    FIRST_OF_TRAINING,
    /** The last level of a ladder once more; without one, that of the first time of training. */
    LAST_OF_LADDER
  }

  private final String scheduler;
  private final SchedulerConfig config;
  private final NoiseTable table;
  private final Ladder ladder;
  private final Last last;
  private final String spacing;
  private final int stepsOffset;
  private final int usable;
  private final boolean rounding;

  private SolverGrid(
      String scheduler,
      SchedulerConfig config,
      NoiseTable table,
      Ladder ladder,
      Last last,
      String spacing,
      int stepsOffset,
      int usable,
      boolean rounding) {
    this.scheduler = scheduler;
    this.config = config;
    this.table = table;
    this.ladder = ladder;
    this.last = last;
    this.spacing = spacing;
    this.stepsOffset = stepsOffset;
    this.usable = usable;
    this.rounding = rounding;
  }

  /** A grid that reads the spacing from the configuration. */
  public SolverGrid(
      String scheduler, SchedulerConfig config, NoiseTable table, Ladder ladder, Last last) {
    this(
        scheduler,
        config,
        table,
        ladder,
        last,
        config.text("timestep_spacing", "linspace"),
        config.integer("steps_offset", 0),
        table.size(),
        true);
  }

  /** Even times whatever the configuration says. */
  public SolverGrid evenly() {
    return new SolverGrid(scheduler, config, table, ladder, last, "linspace", 0, usable, rounding);
  }

  /** Begins where lambda is at least {@code lambda_min_clipped}. */
  public SolverGrid clipped() {
    int first = table.lastTimestep(config.number("lambda_min_clipped", Double.NEGATIVE_INFINITY));
    return new SolverGrid(
        scheduler, config, table, ladder, last, spacing, stepsOffset, first, rounding);
  }

  /** Cuts times off that are found on a Karras or Lu ladder, instead of rounding them. */
  public SolverGrid truncating() {
    return new SolverGrid(
        scheduler, config, table, ladder, last, spacing, stepsOffset, usable, false);
  }

  /** Times and levels of a run. */
  public TimeGrid of(RunOptions options) {
    double[] chosen = options.timesteps();
    if (chosen != null) {
      Checks.noLadder(scheduler, "timesteps", ladder);
    } else {
      Checks.stepCount(scheduler, options, table.size());
    }
    return switch (ladder) {
      case NONE -> evenTimes(options.stepCount(), chosen);
      case FLOW -> ofFlow(flowLevels(options));
      case KARRAS_FLOW -> ofFlow(squeezed(options));
      default -> ofLadder(options.stepCount());
    };
  }

  private TimeGrid evenTimes(int count, double @Nullable [] chosen) {
    float[] all = table.sigmas();
    double[] times =
        chosen != null
            ? Sigmas.truncated(chosen)
            : Spacing.solver(scheduler, spacing, usable, table.size(), count, stepsOffset);
    double end = last == Last.ZERO ? 0 : all[0];
    return new TimeGrid(times, Sigmas.withLast(Sigmas.at(times, all), end));
  }

  private TimeGrid ofLadder(int count) {
    float[] all = table.sigmas();
    double[] sigmas =
        ladder == Ladder.LU
            ? ladder.levels(all[0], all[all.length - 1], count)
            : ladder.levels(
                config.number("sigma_min", all[0]),
                config.number("sigma_max", all[all.length - 1]),
                count);
    double[] times = Sigmas.times(sigmas, Sigmas.logs(all));
    boolean round = rounding && (ladder == Ladder.KARRAS || ladder == Ladder.LU);
    return new TimeGrid(
        round ? Spacing.rounded(times) : Sigmas.truncated(times),
        Sigmas.withLast(sigmas, end(sigmas, all[0])));
  }

  /** The grid of a flow's levels: its times are T sigma, cut off. */
  public TimeGrid ofFlow(double[] levels) {
    double[] times = new double[levels.length];
    for (int i = 0; i < times.length; i++) {
      times[i] = (long) (levels[i] * table.size());
    }
    return new TimeGrid(times, Sigmas.withLast(levels, end(levels, table.sigmas()[0])));
  }

  private double end(double[] sigmas, float first) {
    return switch (last) {
      case ZERO -> 0;
      case FIRST_OF_TRAINING -> first;
      case LAST_OF_LADDER -> sigmas[sigmas.length - 1];
    };
  }

  /** From 1 - 1/T down, shifted: f s / (1 + (f - 1) s). */
  private double[] flowLevels(RunOptions options) {
    int n = options.stepCount();
    double shift = flowShift(options);
    double[] alphas = Spacing.linspace(1, 1.0 / table.size(), n + 1);
    double[] sigmas = new double[n];
    for (int i = 0; i < n; i++) {
      double s = 1.0 - alphas[n - i];
      sigmas[i] = shift * s / (1 + (shift - 1) * s);
    }
    return sigmas;
  }

  /** The shift of a flow's noise levels; exp(mu) where it follows the resolution. */
  private double flowShift(RunOptions options) {
    Double mu = options.mu();
    if (mu == null) {
      return config.number("flow_shift", 1.0);
    }
    if (!config.flag("use_dynamic_shifting", false)
        || !config.text("time_shift_type", "exponential").equals("exponential")) {
      throw new SchedulerException(
          scheduler,
          "mu",
          "mu needs use_dynamic_shifting = true and time_shift_type = 'exponential'.");
    }
    return Math.exp(mu);
  }

  /** Karras levels s as s / (s + 1). Chosen levels are taken for the ends, the first for the lower one, as diffusers does. */
  private double[] squeezed(RunOptions options) {
    float[] all = table.sigmas();
    double[] chosen = options.sigmas();
    double low = chosen == null ? all[0] : chosen[0];
    double high = chosen == null ? all[all.length - 1] : chosen[chosen.length - 1];
    double[] sigmas =
        ladder.levels(
            config.number("sigma_min", low), config.number("sigma_max", high), options.stepCount());
    for (int i = 0; i < sigmas.length; i++) {
      sigmas[i] = sigmas[i] / (sigmas[i] + 1);
    }
    return sigmas;
  }
}
