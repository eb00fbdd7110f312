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
import dev.sampo.samplers.diffusion.grid.Sigmas;
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.grid.TimeGrid;
import dev.sampo.samplers.diffusion.math.Denoised;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Euler's method on the probability-flow ODE. Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative
 * Models", arXiv:2206.00364, algorithm 2 without the correction; x = x0 + sigma eps.
 *
 * <pre>
 * sigma^ = sigma (1 + gamma),  x^ = x + sqrt(sigma^^2 - sigma^2) S_noise z      (lines 5, 6)
 * d = (x^ - x0) / sigma^                                                       (line 7)
 * x' = x^ + (sigma' - sigma^) d                                                (line 8)
 * </pre>
 *
 * <p>Keys: the noise table's, {@code prediction_type} (epsilon, v_prediction, sample), {@code interpolation_type} (linear,
 * log_linear), {@code use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas, sigma_min, sigma_max, timestep_spacing,
 * timestep_type} (discrete, continuous), {@code steps_offset, rescale_betas_zero_snr, final_sigmas_type}. Options of a run: churn,
 * chosen timesteps or sigmas (the last one, zero, included). Noise is drawn only where gamma is above zero.
 */
public final class EulerDiscreteScheduler implements Scheduler {
  static final String NAME = "EulerDiscreteScheduler";

  private final NoiseTable table;
  private final PredictionType prediction;
  private final SigmaGrid grid;
  private final boolean logLinear;
  private final boolean continuous;
  private final boolean lastIsZero;

  /** Reads the configuration. */
  public EulerDiscreteScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, 0.0001, 0.02, ZeroSnr.LIFTED);
    this.prediction =
        PredictionType.read(
            config, NAME, PredictionType.EPSILON, PredictionType.V, PredictionType.SAMPLE);
    this.logLinear =
        config
            .choice(NAME, "interpolation_type", "linear", "linear", "log_linear")
            .equals("log_linear");
    Ladder ladder = Ladder.read(config, NAME);
    SchedulerConfig ends = config;
    if (logLinear && ladder != Ladder.NONE) {
      // Even in log sigma reaches over the whole table whatever the times are; a ladder then takes
      // its ends from there.
      float[] all = table.sigmas();
      ends = config.has("sigma_min") ? ends : ends.with("sigma_min", (double) all[0]);
      ends = config.has("sigma_max") ? ends : ends.with("sigma_max", (double) all[all.length - 1]);
    }
    this.grid = new SigmaGrid(NAME, ends, table, ladder);
    this.continuous =
        config
            .choice(NAME, "timestep_type", "discrete", "discrete", "continuous")
            .equals("continuous");
    this.lastIsZero =
        config.choice(NAME, "final_sigmas_type", "zero", "zero", "sigma_min").equals("zero");
  }

  @Override
  public Schedule schedule(RunOptions options) {
    TimeGrid t = times(options);
    double[] timesteps = t.timesteps();
    float[] sigmas = t.levels();
    if (continuous && prediction == PredictionType.V) {
      // A time for each level but the last; log-linear levels are one more than the times asked
      // for.
      timesteps = new double[sigmas.length - 1];
      for (int i = 0; i < timesteps.length; i++) {
        timesteps[i] = 0.25f * (float) Math.log(sigmas[i]);
      }
    }
    double init = t.initNoiseSigma(grid.spacing());
    return new Schedule(Sigmas.floats(timesteps), false, sigmas, init, 1);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new Euler(schedule.levels(), options.churn(), shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  private TimeGrid times(RunOptions options) {
    double[] chosen = options.sigmas();
    if (chosen != null) {
      Checks.noLadder(NAME, "sigmas", grid.ladder());
      int n = chosen.length - 1;
      float[] sigmas = Sigmas.withLast(Arrays.copyOf(chosen, n), chosen[n]);
      float[] logTable = Sigmas.logs(table.sigmas());
      double[] timesteps = new double[n];
      for (int i = 0; i < n; i++) {
        timesteps[i] = Sigmas.time(sigmas[i], logTable);
      }
      return new TimeGrid(timesteps, sigmas);
    }
    TimeGrid t = grid.of(options, lastIsZero ? 0 : table.sigmas()[0]);
    return logLinear && grid.ladder() == Ladder.NONE
        ? new TimeGrid(t.timesteps(), logLinear(options.stepCount()))
        : t;
  }

  /** Even in log sigma over the whole table, n + 1 levels and zero; diffusers' {@code log_linear}. */
  private float[] logLinear(int n) {
    float[] all = table.sigmas();
    float[] logs =
        Spacing.linspace32((float) Math.log(all[all.length - 1]), (float) Math.log(all[0]), n + 1);
    double[] sigmas = new double[n + 1];
    for (int i = 0; i <= n; i++) {
      sigmas[i] = (float) Math.exp(logs[i]);
    }
    return Sigmas.withLast(sigmas, lastIsZero ? 0 : all[0]);
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class Euler implements Solver {
    private final float[] sigmas;
    private final RunOptions.Churn churn;
    private final NoiseSource noise;
    private final float[] z;
    private final Denoised[] denoised;

    Euler(float[] sigmas, RunOptions.Churn churn, SampleShape shape, NoiseSource noise) {
      this.sigmas = sigmas;
      this.churn = churn;
      this.noise = noise;
      this.z = new float[churn.churn() > 0 ? shape.length() : 0];
      this.denoised = new Denoised[sigmas.length - 1];
      for (int i = 0; i < denoised.length; i++) {
        // As in diffusers, eps is scaled by sigma^, v by sigma.
        boolean raised = prediction == PredictionType.EPSILON;
        denoised[i] = new Denoised(prediction, raised ? (float) raised(i) : sigmas[i]);
      }
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      descend(x, m, i, raise(x, i), null);
    }

    @Override
    public void step(float[] x, float[] m, int i, float[] original) {
      descend(x, m, i, raise(x, i), original);
    }

    private double raised(int i) {
      return sigmas[i] * (1 + churn.gamma(sigmas[i], sigmas.length - 1));
    }

    /** Lines 5 and 6; gives sigma^. */
    private float raise(float[] x, int i) {
      double sigma = sigmas[i];
      double sigmaHat = raised(i);
      if (sigmaHat > sigma) {
        noise.randn(z);
        Mix.into(x, 1, x, Math.sqrt(sigmaHat * sigmaHat - sigma * sigma) * churn.noise(), z);
      }
      return (float) sigmaHat;
    }

    /** Lines 7 and 8, in float32 as {@link Denoised} says. */
    private void descend(float[] x, float[] m, int i, float sigmaHat, float @Nullable [] original) {
      float dt = sigmas[i + 1] - sigmaHat;
      for (int j = 0; j < x.length; j++) {
        float x0 = denoised[i].of(x[j], m[j]);
        float d = (x[j] - x0) / sigmaHat;
        if (original != null) {
          original[j] = x0;
        }
        x[j] = x[j] + d * dt;
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
