package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.Marginal;
import dev.sampo.samplers.diffusion.PredictionType;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Schedule;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.Solver;
import dev.sampo.samplers.diffusion.grid.Checks;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.grid.NoiseTable.ZeroSnr;
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.diffusion.math.OriginalFilter;
import dev.sampo.samplers.random.NoiseSource;

/**
 * DDIM run backwards, from a picture to the noise that would make it. Song, Meng and Ermon 2020, arXiv:2010.02502, section 4.3;
 * Mokady et al. 2022, arXiv:2211.09794, eq. 3:
 *
 * <pre>x_next = sqrt(abar_next) x0 + sqrt(1 - abar_next) eps</pre>
 *
 * <p>Times rise. The sample at call i is taken to be at time min(t - T // n, T - 1) and is brought to t. Keys as {@link
 * DdimScheduler}, without thresholding; {@code set_alpha_to_one} names the abar before the first step.
 */
public final class DdimInverseScheduler implements Scheduler {
  static final String NAME = "DDIMInverseScheduler";

  private final NoiseTable table;
  private final PredictionType prediction;
  private final OriginalFilter.Settings filter;
  private final double initialAbar;
  private final String spacing;
  private final int stepsOffset;

  /** Reads the configuration. */
  public DdimInverseScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, ZeroSnr.PLAIN);
    this.prediction =
        PredictionType.read(
            config, NAME, PredictionType.EPSILON, PredictionType.SAMPLE, PredictionType.V);
    OriginalFilter.Settings all = OriginalFilter.Settings.clipping(config, true);
    this.filter = new OriginalFilter.Settings(false, 0, 0, all.clip(), all.range());
    this.initialAbar = config.flag("set_alpha_to_one", true) ? 1.0 : table.abar(0);
    this.spacing = config.choice(NAME, "timestep_spacing", "leading", "leading", "trailing");
    this.stepsOffset = config.integer("steps_offset", 0);
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noCustom(NAME, options);
    Checks.stepCount(NAME, options, table.size());
    double[] timesteps =
        Spacing.reversed(
            Spacing.whole(NAME, spacing, table.size(), options.stepCount(), stepsOffset));
    Checks.inRange(NAME, timesteps, table.size());
    return new Schedule(timesteps, true, null, 1.0, 1);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new Inverse(schedule.timesteps(), table.size() / options.stepCount(), shape);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class Inverse implements Solver {
    private final double[] timesteps;
    private final int stride;
    private final OriginalFilter clip;
    private final float[] x0;

    Inverse(double[] timesteps, int stride, SampleShape shape) {
      this.timesteps = timesteps;
      this.stride = stride;
      this.clip = filter.forShape(shape);
      this.x0 = new float[shape.length()];
    }

    /** abar of the time at which the sample is before call i. */
    private double abar(int i) {
      int t = Math.min((int) timesteps[i] - stride, table.size() - 1);
      return t >= 0 ? table.abar(t) : initialAbar;
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      double a = Math.sqrt(abar(i));
      double s = Math.sqrt(1 - abar(i));
      double abarNext = table.abar((int) timesteps[i]);
      original(x, m, i, x0);
      // eq. 3
      double direction = Math.sqrt(1 - abarNext);
      double ex = prediction.noiseFromSample(a, s);
      double em = prediction.noiseFromOutput(a, s);
      Mix.into(x, direction * ex, x, direction * em, m, Math.sqrt(abarNext), x0);
    }

    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      double a = Math.sqrt(abar(i));
      double s = Math.sqrt(1 - abar(i));
      Mix.into(out, prediction.originalFromSample(a, s), x, prediction.originalFromOutput(a, s), m);
      clip.apply(out);
    }

    @Override
    public Marginal marginal(int i) {
      return table.marginal(timesteps[i]);
    }
  }
}
