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
import dev.sampo.samplers.diffusion.grid.SigmaTable;
import dev.sampo.samplers.diffusion.grid.Sigmas;
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

  private final SchedulerConfig config;
  private final NoiseTable table;
  private final PredictionType prediction;
  private final String spacing;

  /** Reads the configuration. */
  public EulerAncestralDiscreteScheduler(SchedulerConfig config) {
    this.config = config;
    this.table = NoiseTable.read(config, NAME, 0.0001, 0.02, true);
    this.prediction = PredictionType.read(config, NAME, PredictionType.EPSILON, PredictionType.V);
    this.spacing = config.text("timestep_spacing", "linspace");
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Checks.noCustom(NAME, options);
    SigmaTable t = SigmaTable.of(NAME, table, config, options, "none", spacing, false);
    float[] sigmas = Sigmas.withLast(t.sigmas(), 0);
    double init = SigmaTable.initNoiseSigma(spacing, sigmas);
    Schedule schedule = new Schedule(t.timesteps(), false, sigmas, init, 1);
    return new DiffusionRun(
        schedule, shape, new Ancestral(sigmas, shape, noise), options.beginIndex());
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class Ancestral implements Solver {
    private final float[] sigmas;
    private final NoiseSource noise;
    private final float[] z;

    Ancestral(float[] sigmas, SampleShape shape, NoiseSource noise) {
      this.sigmas = sigmas;
      this.noise = noise;
      this.z = new float[shape.length()];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      double from = sigmas[i];
      double to = sigmas[i + 1];
      double up = Math.sqrt(to * to * (from * from - to * to) / (from * from));
      double down = Math.sqrt(to * to - up * up);
      double cx = prediction.denoisedFromSample(from);
      double cm = prediction.denoisedFromOutput(from);
      double h = (down - from) / from;
      noise.randn(z);
      Mix.into(x, 1 + h * (1 - cx), x, -h * cm, m, up, z);
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
