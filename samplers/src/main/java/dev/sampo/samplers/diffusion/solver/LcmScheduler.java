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
import dev.sampo.samplers.diffusion.grid.DistilledTimes;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.grid.NoiseTable.ZeroSnr;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.diffusion.math.OriginalFilter;
import dev.sampo.samplers.diffusion.math.Originals;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Multistep consistency sampling. Luo et al. 2023, "Latent Consistency Models", arXiv:2310.04378, eq. 9 and algorithm 3; Song et
 * al. 2023, "Consistency Models", arXiv:2303.01469, algorithm 1.
 *
 * <pre>
 * f  = c_skip x + c_out x0,   c_skip = s^2 / ((k t)^2 + s^2),  c_out = k t / sqrt((k t)^2 + s^2),  s = 1/2, k = timestep_scaling
 * x' = sqrt(abar') f + sqrt(1 - abar') z;  the last answer is f itself
 * </pre>
 *
 * <p>Keys: the noise table's, {@code original_inference_steps, clip_sample, clip_sample_range, set_alpha_to_one, prediction_type,
 * thresholding, dynamic_thresholding_ratio, sample_max_value, timestep_scaling, rescale_betas_zero_snr}. Options of a run: chosen
 * timesteps, original inference steps, strength. No noise is drawn at the last call. {@code predictOriginal} gives f.
 */
public final class LcmScheduler implements Scheduler {
  static final String NAME = "LCMScheduler";
  private static final double SIGMA_DATA = 0.5;

  private final NoiseTable table;
  private final PredictionType prediction;
  private final OriginalFilter.Settings filter;
  private final int originalSteps;
  private final double timestepScaling;

  /** Reads the configuration. */
  public LcmScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, 0.00085, 0.012, ZeroSnr.PLAIN);
    this.prediction =
        PredictionType.read(
            config, NAME, PredictionType.EPSILON, PredictionType.SAMPLE, PredictionType.V);
    this.filter = OriginalFilter.Settings.clipping(config, false);
    this.originalSteps = config.integer("original_inference_steps", 50);
    this.timestepScaling = config.number("timestep_scaling", 10.0);
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noSigmas(NAME, options);
    Integer chosen = options.originalInferenceSteps();
    double[] timesteps =
        DistilledTimes.of(NAME, options, table.size(), chosen == null ? originalSteps : chosen);
    return new Schedule(timesteps, true, null, 1.0, 1);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new Lcm(schedule.timesteps(), shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class Lcm implements Solver {
    private final double[] timesteps;
    private final OriginalFilter clip;
    private final NoiseSource noise;
    private final float[] f;
    private final float[] z;

    Lcm(double[] timesteps, SampleShape shape, NoiseSource noise) {
      this.timesteps = timesteps;
      this.clip = filter.forShape(shape);
      this.noise = noise;
      this.f = new float[shape.length()];
      this.z = new float[shape.length()];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      original(x, m, i, f);
      if (i == timesteps.length - 1) {
        System.arraycopy(f, 0, x, 0, x.length);
        return;
      }
      double abarNext = table.abar((int) timesteps[i + 1]);
      noise.randn(z);
      Mix.into(x, Math.sqrt(abarNext), f, Math.sqrt(1 - abarNext), z);
    }

    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      double alpha = table.alpha(timesteps[i]);
      double sigma = table.sigma(timesteps[i]);
      Originals.predict(prediction, alpha, sigma, x, m, out);
      clip.apply(out);
      // eq. 9
      double kt = timesteps[i] * timestepScaling;
      double skip = SIGMA_DATA * SIGMA_DATA / (kt * kt + SIGMA_DATA * SIGMA_DATA);
      double scale = kt / Math.sqrt(kt * kt + SIGMA_DATA * SIGMA_DATA);
      Mix.into(out, scale, out, skip, x);
    }

    @Override
    public Marginal marginal(int i) {
      return table.marginal(timesteps[i]);
    }
  }
}
