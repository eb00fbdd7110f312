package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.Marginal;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Schedule;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.Solver;
import dev.sampo.samplers.diffusion.grid.Checks;
import dev.sampo.samplers.diffusion.grid.Sigmas;
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Multistep consistency sampling. Song et al. 2023, "Consistency Models", arXiv:2303.01469, algorithm 1 and appendix C:
 *
 * <pre>
 * f  = c_skip x + c_out m,  c_skip = s^2 / ((sigma - e)^2 + s^2),  c_out = s (sigma - e) / sqrt(sigma^2 + s^2)
 * x' = f + sqrt(sigma'^2 - e^2) S_noise z
 * </pre>
 *
 * <p>e is {@code sigma_min}, s is {@code sigma_data}; the model's time is 250 log sigma. Keys: {@code num_train_timesteps, sigma_min,
 * sigma_max, sigma_data, s_noise, rho, clip_denoised}. Runs take chosen timesteps. Noise is drawn at every call unless there is only
 * one.
 */
public final class CmStochasticIterativeScheduler implements Scheduler {
  static final String NAME = "CMStochasticIterativeScheduler";

  private final int trainCount;
  private final double sigmaMin;
  private final double sigmaMax;
  private final double sigmaData;
  private final double sNoise;
  private final double rho;
  private final boolean clipDenoised;

  /** Reads the configuration. */
  public CmStochasticIterativeScheduler(SchedulerConfig config) {
    this.trainCount = Checks.trainCount(config, NAME, 40);
    this.sigmaMin = config.number("sigma_min", 0.002);
    this.sigmaMax = config.number("sigma_max", 80.0);
    this.sigmaData = config.number("sigma_data", 0.5);
    this.sNoise = config.number("s_noise", 1.0);
    this.rho = config.number("rho", 7.0);
    this.clipDenoised = config.flag("clip_denoised", true);
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noSigmas(NAME, options);
    double[] chosen = options.timesteps();
    if (chosen == null) {
      Checks.stepCount(NAME, options, trainCount);
      chosen = Spacing.whole(NAME, "leading", trainCount, options.stepCount(), 0);
    } else {
      Checks.falling(NAME, chosen, trainCount);
    }
    int n = chosen.length;
    double[] sigmas = new double[n];
    double[] timesteps = new double[n];
    for (int i = 0; i < n; i++) {
      // The ramp runs up while the times fall.
      sigmas[i] = sigma(chosen[n - 1 - i]);
      timesteps[i] = 1000 * 0.25 * Math.log(sigmas[i] + 1e-44);
    }
    return new Schedule(timesteps, false, Sigmas.withLast(sigmas, sigmaMin), sigmaMax, 1);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new Consistency(schedule.levels(), shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  /** Karras et al. 2022, eq. 5, at index t of the training ladder. */
  private double sigma(double t) {
    double minRoot = Math.pow(sigmaMin, 1 / rho);
    double maxRoot = Math.pow(sigmaMax, 1 / rho);
    return Math.pow(maxRoot + t / (trainCount - 1) * (minRoot - maxRoot), rho);
  }

  @Override
  public Marginal marginal(double timestep) {
    return new Marginal(1, sigma(timestep));
  }

  private final class Consistency implements Solver {
    private final float[] sigmas;
    private final NoiseSource noise;
    private final float[] f;
    private final float[] z;

    Consistency(float[] sigmas, SampleShape shape, NoiseSource noise) {
      this.sigmas = sigmas;
      this.noise = noise;
      this.f = new float[shape.length()];
      this.z = new float[shape.length()];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      original(x, m, i, f);
      if (sigmas.length > 2) {
        noise.randn(z);
      }
      double next = Math.max(sigmaMin, Math.min(sigmas[i + 1], sigmaMax));
      // A float32 sigma_min may lie below its double.
      double spread = Math.sqrt(Math.max(0, next * next - sigmaMin * sigmaMin)) * sNoise;
      Mix.into(x, 1, f, spread, z);
    }

    @Override
    public double inputScale(int i) {
      return 1 / Math.sqrt((double) sigmas[i] * sigmas[i] + sigmaData * sigmaData);
    }

    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      double sigma = sigmas[i];
      double d = sigma - sigmaMin;
      double s2 = sigmaData * sigmaData;
      Mix.into(out, s2 / (d * d + s2), x, d * sigmaData / Math.sqrt(sigma * sigma + s2), m);
      if (clipDenoised) {
        for (int j = 0; j < out.length; j++) {
          out[j] = Math.max(-1f, Math.min(1f, out[j]));
        }
      }
    }

    @Override
    public Marginal marginal(int i) {
      return new Marginal(1, sigmas[i]);
    }
  }
}
