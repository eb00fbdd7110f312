package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.Marginal;
import dev.sampo.samplers.diffusion.PredictionType;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Schedule;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import dev.sampo.samplers.diffusion.Solver;
import dev.sampo.samplers.diffusion.grid.Checks;
import dev.sampo.samplers.diffusion.grid.DistilledTimes;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.grid.NoiseTable.ZeroSnr;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Strategic stochastic sampling of trajectory consistency distillation. Zheng et al. 2024, "Trajectory Consistency Distillation",
 * arXiv:2402.19159, algorithm 4:
 *
 * <pre>
 * s   = floor((1 - gamma) t'),   x_s = sqrt(abar_s) x0 + sqrt(1 - abar_s) eps
 * x'  = sqrt(abar' / abar_s) x_s + sqrt(1 - abar' / abar_s) z
 * </pre>
 *
 * <p>gamma is the run's eta, 0.3 unless given; 0 is deterministic. Keys: the noise table's, {@code original_inference_steps,
 * prediction_type, set_alpha_to_one}. Noise is drawn where gamma is above 0, not at the last call.
 */
public final class TcdScheduler implements Scheduler {
  static final String NAME = "TCDScheduler";
  private static final double GAMMA = 0.3;

  private final NoiseTable table;
  private final PredictionType prediction;
  private final int originalSteps;

  /** Reads the configuration. */
  public TcdScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, 0.00085, 0.012, ZeroSnr.PLAIN);
    this.prediction =
        PredictionType.read(
            config, NAME, PredictionType.EPSILON, PredictionType.SAMPLE, PredictionType.V);
    this.originalSteps = config.integer("original_inference_steps", 50);
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
    double gamma = options.eta(GAMMA);
    if (!(gamma >= 0 && gamma <= 1)) {
      throw new SchedulerException(NAME, "eta", "eta lies between 0 and 1, got " + gamma + ".");
    }
    Schedule schedule = schedule(options);
    Solver solver = new Tcd(schedule.timesteps(), gamma, shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class Tcd implements Solver {
    private final double[] timesteps;
    private final double gamma;
    private final NoiseSource noise;
    private final float[] z;

    Tcd(double[] timesteps, double gamma, SampleShape shape, NoiseSource noise) {
      this.timesteps = timesteps;
      this.gamma = gamma;
      this.noise = noise;
      this.z = new float[gamma > 0 ? shape.length() : 0];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      boolean last = i == timesteps.length - 1;
      double next = last ? 0 : timesteps[i + 1];
      double abarNext = table.abar((int) next);
      double abarS = table.abar((int) Math.floor((1 - gamma) * next));
      double a = table.alpha(timesteps[i]);
      double s = table.sigma(timesteps[i]);
      double rootS = Math.sqrt(abarS);
      double noiseS = Math.sqrt(1 - abarS);
      // x_s as a weighted sum of x and m
      double cx =
          rootS * prediction.originalFromSample(a, s) + noiseS * prediction.noiseFromSample(a, s);
      double cm =
          rootS * prediction.originalFromOutput(a, s) + noiseS * prediction.noiseFromOutput(a, s);
      if (gamma > 0 && !last) {
        noise.randn(z);
        double keep = Math.sqrt(abarNext / abarS);
        Mix.into(x, keep * cx, x, keep * cm, m, Math.sqrt(1 - abarNext / abarS), z);
      } else {
        Mix.into(x, cx, x, cm, m);
      }
    }

    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      double alpha = table.alpha(timesteps[i]);
      double sigma = table.sigma(timesteps[i]);
      Mix.into(
          out,
          prediction.originalFromSample(alpha, sigma),
          x,
          prediction.originalFromOutput(alpha, sigma),
          m);
    }

    @Override
    public Marginal marginal(int i) {
      return table.marginal(timesteps[i]);
    }
  }
}
