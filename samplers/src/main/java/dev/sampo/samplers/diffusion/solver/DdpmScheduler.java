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
import dev.sampo.samplers.diffusion.math.LearnedVariance;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.diffusion.math.OriginalFilter;
import dev.sampo.samplers.diffusion.math.Originals;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Ancestral sampling. Ho, Jain and Abbeel 2020, "Denoising Diffusion Probabilistic Models", arXiv:2006.11239, algorithm 2, with
 * the respaced steps of Nichol and Dhariwal 2021, arXiv:2102.09672.
 *
 * <pre>
 * x_{t-1} = mu(x_t, x0) + sigma_t z
 * mu      = sqrt(abar_prev) beta / (1 - abar) x0 + sqrt(alpha) (1 - abar_prev) / (1 - abar) x_t    (eq. 7)
 * beta~   = (1 - abar_prev) / (1 - abar) beta                                                  (eq. 7)
 * </pre>
 *
 * <p>Keys: the noise table's, {@code variance_type} ({@code fixed_small, fixed_small_log, fixed_large, fixed_large_log, learned,
 * learned_range}), {@code clip_sample, clip_sample_range, prediction_type, thresholding, dynamic_thresholding_ratio,
 * sample_max_value, timestep_spacing, steps_offset}. Runs take chosen timesteps. No noise is drawn at time 0. {@code
 * fixed_large_log}, which gives NaN in diffusers, is done right: the standard deviation is sqrt(beta).
 */
public final class DdpmScheduler implements Scheduler {
  static final String NAME = "DDPMScheduler";

  private final NoiseTable table;
  private final PredictionType prediction;
  private final OriginalFilter.Settings filter;
  private final String varianceType;
  private final String spacing;
  private final int stepsOffset;

  /** Reads the configuration. */
  public DdpmScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, ZeroSnr.PLAIN);
    this.prediction =
        PredictionType.read(
            config, NAME, PredictionType.EPSILON, PredictionType.SAMPLE, PredictionType.V);
    this.filter = OriginalFilter.Settings.clipping(config, true);
    this.varianceType =
        config.choice(
            NAME,
            "variance_type",
            "fixed_small",
            "fixed_small",
            "fixed_small_log",
            "fixed_large",
            "fixed_large_log",
            "learned",
            "learned_range");
    this.spacing = config.text("timestep_spacing", "leading");
    this.stepsOffset = config.integer("steps_offset", 0);
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noSigmas(NAME, options);
    int trainCount = table.size();
    double[] timesteps = options.timesteps();
    if (timesteps == null) {
      Checks.stepCount(NAME, options, trainCount);
      timesteps = Spacing.whole(NAME, spacing, trainCount, options.stepCount(), stepsOffset);
    } else {
      Checks.falling(NAME, timesteps, trainCount);
    }
    Checks.inRange(NAME, timesteps, trainCount);
    return new Schedule(timesteps, true, null, 1.0, 1);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new Ddpm(schedule.timesteps(), shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  @Override
  public boolean takesVariance() {
    return varianceType.startsWith("learned");
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class Ddpm implements Solver {
    private final double[] timesteps;
    private final OriginalFilter clip;
    private final LearnedVariance learned;
    private final NoiseSource noise;
    private final float[] x0;
    private final float[] z;

    Ddpm(double[] timesteps, SampleShape shape, NoiseSource noise) {
      this.timesteps = timesteps;
      this.clip = filter.forShape(shape);
      this.learned = new LearnedVariance(shape, varianceType.startsWith("learned"));
      this.noise = noise;
      this.x0 = new float[shape.length()];
      this.z = new float[shape.length()];
    }

    @Override
    public void step(float[] x, float[] output, int i) {
      int t = (int) timesteps[i];
      double abar = table.abar(t);
      double abarPrev = i + 1 < timesteps.length ? table.abar((int) timesteps[i + 1]) : 1.0;
      double alpha = abar / abarPrev;
      double beta = 1 - alpha;

      original(x, output, i, x0);
      // eq. 7
      double c0 = Math.sqrt(abarPrev) * beta / (1 - abar);
      double ct = Math.sqrt(alpha) * (1 - abarPrev) / (1 - abar);
      if (t == 0) {
        Mix.into(x, c0, x0, ct, x);
        return;
      }
      noise.randn(z);
      double small = Math.max((1 - abarPrev) / (1 - abar) * beta, 1e-20);
      switch (varianceType) {
        case "learned" -> spread(learned.variance(output), Double.NaN, Double.NaN);
        case "learned_range" -> spread(learned.variance(output), Math.log(small), Math.log(beta));
        case "fixed_large", "fixed_large_log" -> {
          Mix.into(x, c0, x0, ct, x, Math.sqrt(beta), z);
          return;
        }
        default -> {
          Mix.into(x, c0, x0, ct, x, Math.sqrt(small), z);
          return;
        }
      }
      Mix.into(x, c0, x0, ct, x, 1, z);
    }

    /** Scales z by the model's own standard deviation; Nichol and Dhariwal 2021, eq. 15, for a range of log variances. */
    private void spread(float[] v, double logMin, double logMax) {
      for (int j = 0; j < z.length; j++) {
        double share = (v[j] + 1) / 2;
        double deviation =
            Double.isNaN(logMin)
                ? Math.sqrt(v[j])
                : Math.exp(0.5 * (share * logMax + (1 - share) * logMin));
        z[j] = (float) (deviation * z[j]);
      }
    }

    @Override
    public void original(float[] x, float[] output, int i, float[] out) {
      double alpha = table.alpha(timesteps[i]);
      double sigma = table.sigma(timesteps[i]);
      Originals.predict(prediction, alpha, sigma, x, learned.mean(output), out);
      clip.apply(out);
    }

    @Override
    public Marginal marginal(int i) {
      return table.marginal(timesteps[i]);
    }
  }
}
