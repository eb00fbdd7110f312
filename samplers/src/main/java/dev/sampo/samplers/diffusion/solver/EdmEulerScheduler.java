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
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Euler's method in the EDM parametrisation. Karras et al. 2022, arXiv:2206.00364, algorithm 2 without the correction, with x0 =
 * c_skip x + c_out m.
 *
 * <p>Keys: {@code sigma_min, sigma_max, sigma_data, sigma_schedule} (karras, exponential), {@code rho, num_train_timesteps,
 * prediction_type} (epsilon, v_prediction), {@code final_sigmas_type}. Options of a run: churn, chosen
 * sigmas (as in diffusers these are places on the ladder, 0 for sigma_max to 1 for sigma_min). Noise is drawn
 * only where gamma is above zero.
 */
public final class EdmEulerScheduler implements Scheduler {
  static final String NAME = "EDMEulerScheduler";

  private final EdmConfig c;

  /** Reads the configuration. */
  public EdmEulerScheduler(SchedulerConfig config) {
    this.c = EdmConfig.read(config, NAME);
  }

  @Override
  public Schedule schedule(RunOptions options) {
    if (options.timesteps() != null) {
      Checks.noCustom(NAME, options);
    }
    return c.schedule(c.sigmas(options, true));
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new EdmEuler(schedule.levels(), options.churn(), shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  @Override
  public Marginal marginal(double timestep) {
    return c.marginal(timestep);
  }

  private final class EdmEuler implements Solver {
    private final float[] sigmas;
    private final RunOptions.Churn churn;
    private final NoiseSource noise;
    private final float[] z;

    EdmEuler(float[] sigmas, RunOptions.Churn churn, SampleShape shape, NoiseSource noise) {
      this.sigmas = sigmas;
      this.churn = churn;
      this.noise = noise;
      this.z = new float[churn.churn() > 0 ? shape.length() : 0];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      descend(x, m, i, raise(x, i));
    }

    @Override
    public void step(float[] x, float[] m, int i, float[] original) {
      double sigmaHat = raise(x, i);
      Mix.into(original, c.skip(sigmaHat), x, c.scale(sigmaHat), m);
      descend(x, m, i, sigmaHat);
    }

    /** Lines 5 and 6. */
    private double raise(float[] x, int i) {
      double sigma = sigmas[i];
      double gamma = churn.gamma(sigma, sigmas.length - 1);
      double sigmaHat = sigma * (1 + gamma);
      if (gamma > 0) {
        noise.randn(z);
        Mix.into(x, 1, x, Math.sqrt(sigmaHat * sigmaHat - sigma * sigma) * churn.noise(), z);
      }
      return sigmaHat;
    }

    private void descend(float[] x, float[] m, int i, double sigmaHat) {
      double h = (sigmas[i + 1] - sigmaHat) / sigmaHat;
      Mix.into(x, 1 + h * (1 - c.skip(sigmaHat)), x, -h * c.scale(sigmaHat), m);
    }

    @Override
    public double inputScale(int i) {
      return c.inputScale(sigmas[i]);
    }

    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      Mix.into(out, c.skip(sigmas[i]), x, c.scale(sigmas[i]), m);
    }

    @Override
    public Marginal marginal(int i) {
      return new Marginal(1, sigmas[i]);
    }
  }
}
