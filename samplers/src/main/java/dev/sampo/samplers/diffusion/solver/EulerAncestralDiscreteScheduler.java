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
import dev.sampo.samplers.diffusion.grid.Ladder;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.grid.NoiseTable.ZeroSnr;
import dev.sampo.samplers.diffusion.grid.SigmaGrid;
import dev.sampo.samplers.diffusion.grid.TimeGrid;
import dev.sampo.samplers.diffusion.math.Denoised;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Euler steps with ancestral noise: the step goes down to sigma_down and noise of sigma_up is added, so that sigma_down^2 +
 * sigma_up^2 = sigma'^2. Song et al. 2020, arXiv:2011.13456, appendix F (ancestral sampling of the variance-exploding SDE), in the
 * form of Crowson's k-diffusion.
 *
 * <pre>
 * sigma_up   = sqrt(sigma'^2 (sigma^2 - sigma'^2) / sigma^2)
 * sigma_down = sqrt(sigma'^2 - sigma_up^2)
 * x' = x + (sigma_down - sigma) (x - x0) / sigma + sigma_up z
 * </pre>
 *
 * <p>Keys: the noise table's, {@code prediction_type} (epsilon, v_prediction), {@code timestep_spacing, steps_offset,
 * rescale_betas_zero_snr}. Noise is drawn at every call, the last included.
 */
public final class EulerAncestralDiscreteScheduler implements Scheduler {
  static final String NAME = "EulerAncestralDiscreteScheduler";

  private final NoiseTable table;
  private final PredictionType prediction;
  private final SigmaGrid grid;

  /** Reads the configuration. */
  public EulerAncestralDiscreteScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, 0.0001, 0.02, ZeroSnr.LIFTED);
    this.prediction = PredictionType.read(config, NAME, PredictionType.EPSILON, PredictionType.V);
    this.grid = new SigmaGrid(NAME, config, table, Ladder.NONE);
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noCustom(NAME, options);
    TimeGrid t = grid.of(options, 0);
    return new Schedule(t.timesteps(), false, t.levels(), t.initNoiseSigma(grid.spacing()), 1);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new Ancestral(schedule.levels(), shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class Ancestral implements Solver {
    private final float[] sigmas;
    private final NoiseSource noise;
    private final float[] z;
    private final Denoised[] denoised;

    Ancestral(float[] sigmas, SampleShape shape, NoiseSource noise) {
      this.sigmas = sigmas;
      this.noise = noise;
      this.z = new float[shape.length()];
      this.denoised = Denoised.at(prediction, sigmas);
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      double from = sigmas[i];
      double to = sigmas[i + 1];
      double up = Math.sqrt(to * to * (from * from - to * to) / (from * from));
      double down = Math.sqrt(to * to - up * up);
      float dt = (float) down - sigmas[i];
      noise.randn(z);
      for (int j = 0; j < x.length; j++) {
        float d = (x[j] - denoised[i].of(x[j], m[j])) / sigmas[i];
        x[j] = x[j] + d * dt + z[j] * (float) up;
      }
    }

    @Override
    public double inputScale(int i) {
      return 1 / Math.sqrt((double) sigmas[i] * sigmas[i] + 1);
    }

    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      double sigma = sigmas[i];
      Mix.into(
          out, prediction.denoisedFromSample(sigma), x, prediction.denoisedFromOutput(sigma), m);
    }

    @Override
    public Marginal marginal(int i) {
      return new Marginal(1, sigmas[i]);
    }
  }
}
