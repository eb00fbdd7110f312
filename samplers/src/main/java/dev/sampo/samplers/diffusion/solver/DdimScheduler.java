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
import dev.sampo.samplers.diffusion.math.Originals;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Denoising diffusion implicit models. Song, Meng and Ermon 2020, arXiv:2010.02502, eq. 12 and 16 (the paper's alpha is our abar):
 *
 * <pre>
 * x_prev = sqrt(abar_prev) x0 + sqrt(1 - abar_prev - sigma^2) eps + sigma z
 * sigma  = eta sqrt((1 - abar_prev) / (1 - abar)) sqrt(1 - abar / abar_prev)
 * </pre>
 *
 * <p>Keys: the noise table's, {@code clip_sample, clip_sample_range, set_alpha_to_one, steps_offset, prediction_type,
 * thresholding, dynamic_thresholding_ratio, sample_max_value, timestep_spacing, rescale_betas_zero_snr}. Options of a run: eta,
 * {@code use_clipped_model_output}. As in diffusers, the step before t is t - T // n whatever the spacing, and with eta above 0
 * noise is drawn at every call, the last included.
 */
public final class DdimScheduler implements Scheduler {
  static final String NAME = "DDIMScheduler";

  private final NoiseTable table;
  private final PredictionType prediction;
  private final OriginalFilter.Settings filter;
  private final double finalAbar;
  private final String spacing;
  private final int stepsOffset;

  /** Reads the configuration. */
  public DdimScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, ZeroSnr.PLAIN);
    this.prediction =
        PredictionType.read(
            config, NAME, PredictionType.EPSILON, PredictionType.SAMPLE, PredictionType.V);
    this.filter = OriginalFilter.Settings.clipping(config, true);
    this.finalAbar = config.flag("set_alpha_to_one", true) ? 1.0 : table.abar(0);
    this.spacing = config.text("timestep_spacing", "leading");
    this.stepsOffset = config.integer("steps_offset", 0);
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noCustom(NAME, options);
    Checks.stepCount(NAME, options, table.size());
    double[] timesteps =
        Spacing.whole(NAME, spacing, table.size(), options.stepCount(), stepsOffset);
    Checks.inRange(NAME, timesteps, table.size());
    return new Schedule(timesteps, true, null, 1.0, 1);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new Ddim(schedule.timesteps(), options, shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class Ddim implements Solver {
    private final double[] timesteps;
    private final int stride;
    private final double eta;
    private final boolean epsFromClipped;
    private final OriginalFilter clip;
    private final NoiseSource noise;
    private final float[] x0;
    private final float[] z;

    Ddim(double[] timesteps, RunOptions options, SampleShape shape, NoiseSource noise) {
      this.timesteps = timesteps;
      this.stride = table.size() / options.stepCount();
      this.eta = options.eta(0.0);
      this.epsFromClipped = options.useClippedModelOutput();
      this.clip = filter.forShape(shape);
      this.noise = noise;
      this.x0 = new float[shape.length()];
      this.z = new float[eta > 0 ? shape.length() : 0];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      int t = (int) timesteps[i];
      double abar = table.abar(t);
      double abarPrev = t - stride >= 0 ? table.abar(t - stride) : finalAbar;
      double a = Math.sqrt(abar);
      double s = Math.sqrt(1 - abar);

      original(x, m, i, x0);
      // eq. 16
      double variance = (1 - abarPrev) / (1 - abar) * (1 - abar / abarPrev);
      double sigma = eta > 0 ? eta * Math.sqrt(variance) : 0;
      // eq. 12, eps as a weighted sum of x and m, or of x and the clipped x0
      double direction = Math.sqrt(1 - abarPrev - sigma * sigma);
      double toX0 = Math.sqrt(abarPrev);
      if (epsFromClipped) {
        Mix.into(x, direction / s, x, toX0 - direction * a / s, x0);
      } else {
        double ex = prediction.noiseFromSample(a, s);
        double em = prediction.noiseFromOutput(a, s);
        Mix.into(x, direction * ex, x, direction * em, m, toX0, x0);
      }
      if (eta > 0) {
        noise.randn(z);
        Mix.into(x, 1, x, sigma, z);
      }
    }

    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      double alpha = table.alpha(timesteps[i]);
      double sigma = table.sigma(timesteps[i]);
      Originals.predict(prediction, alpha, sigma, x, m, out);
      clip.apply(out);
    }

    @Override
    public Marginal marginal(int i) {
      return table.marginal(timesteps[i]);
    }
  }
}
