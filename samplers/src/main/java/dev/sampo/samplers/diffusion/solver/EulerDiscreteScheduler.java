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
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

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

  private final SchedulerConfig config;
  private final NoiseTable table;
  private final PredictionType prediction;
  private final String ladder;
  private final String spacing;
  private final boolean logLinear;
  private final boolean continuous;
  private final boolean lastIsZero;

  /** Reads the configuration. */
  public EulerDiscreteScheduler(SchedulerConfig config) {
    this.config = config;
    this.table = NoiseTable.read(config, NAME, 0.0001, 0.02, true);
    this.prediction =
        PredictionType.read(
            config, NAME, PredictionType.EPSILON, PredictionType.V, PredictionType.SAMPLE);
    this.ladder = Sigmas.ladder(config, NAME, false, false);
    this.spacing = config.text("timestep_spacing", "linspace");
    this.logLinear =
        config
            .choice(NAME, "interpolation_type", "linear", "linear", "log_linear")
            .equals("log_linear");
    this.continuous =
        config
            .choice(NAME, "timestep_type", "discrete", "discrete", "continuous")
            .equals("continuous");
    this.lastIsZero =
        config.choice(NAME, "final_sigmas_type", "zero", "zero", "sigma_min").equals("zero");
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    double[] timesteps;
    float[] sigmas;
    double[] chosen = options.sigmas();
    if (chosen != null) {
      Checks.noLadder(NAME, "sigmas", ladder);
      float[] logTable = Sigmas.logs(table.sigmas());
      sigmas =
          Sigmas.withLast(
              java.util.Arrays.copyOf(chosen, chosen.length - 1), chosen[chosen.length - 1]);
      timesteps = new double[sigmas.length - 1];
      for (int i = 0; i < timesteps.length; i++) {
        timesteps[i] = Sigmas.time(sigmas[i], logTable);
      }
    } else {
      SigmaTable t = SigmaTable.of(NAME, table, config, options, ladder, spacing, false);
      timesteps = t.timesteps();
      double last = lastIsZero ? 0 : table.sigmas()[0];
      sigmas =
          logLinear && ladder.equals("none")
              ? logLinear(options.stepCount())
              : Sigmas.withLast(t.sigmas(), last);
    }
    if (continuous && prediction == PredictionType.V) {
      for (int i = 0; i < timesteps.length; i++) {
        timesteps[i] = 0.25f * (float) Math.log(sigmas[i]);
      }
    }
    Schedule schedule =
        new Schedule(
            toFloat(timesteps), false, sigmas, SigmaTable.initNoiseSigma(spacing, sigmas), 1);
    Solver solver = new Euler(sigmas, options.churn(), shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
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

  static double[] toFloat(double[] timesteps) {
    for (int i = 0; i < timesteps.length; i++) {
      timesteps[i] = (float) timesteps[i];
    }
    return timesteps;
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

    Euler(float[] sigmas, RunOptions.Churn churn, SampleShape shape, NoiseSource noise) {
      this.sigmas = sigmas;
      this.churn = churn;
      this.noise = noise;
      this.z = new float[churn.churn() > 0 ? shape.length() : 0];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      double sigmaHat = raise(x, i);
      descend(x, m, i, sigmaHat);
    }

    @Override
    public void step(float[] x, float[] m, int i, float[] original) {
      double sigmaHat = raise(x, i);
      double scale = scale(i, sigmaHat);
      Mix.into(
          original,
          prediction.denoisedFromSample(scale),
          x,
          prediction.denoisedFromOutput(scale),
          m);
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

    /** As in diffusers, eps is scaled by sigma^, v by sigma. */
    private double scale(int i, double sigmaHat) {
      return prediction == PredictionType.EPSILON ? sigmaHat : sigmas[i];
    }

    private void descend(float[] x, float[] m, int i, double sigmaHat) {
      double scale = scale(i, sigmaHat);
      double cx = prediction.denoisedFromSample(scale);
      double cm = prediction.denoisedFromOutput(scale);
      // lines 7 and 8 with x0 = cx x + cm m
      double h = (sigmas[i + 1] - sigmaHat) / sigmaHat;
      Mix.into(x, 1 + h * (1 - cx), x, -h * cm, m);
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
