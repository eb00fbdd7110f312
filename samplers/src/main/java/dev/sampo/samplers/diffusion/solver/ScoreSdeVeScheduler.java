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
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Predictor-corrector sampling of the variance-exploding SDE. Song et al. 2020, "Score-Based Generative Modeling through Stochastic
 * Differential Equations", arXiv:2011.13456, algorithm 2 (predictor: appendix F, reverse diffusion; corrector: algorithm 4,
 * annealed Langevin). The model answers with the score, and its time is sigma itself.
 *
 * <pre>
 * corrector: g = score, e = 2 (r |z| / |g|)^2,  x = x + e g + sqrt(2 e) z          (r = snr)
 * predictor: x' = x + (sigma^2 - sigma'^2) score + sqrt(sigma^2 - sigma'^2) z
 * </pre>
 *
 * <p>Each step has {@code correct_steps} corrector calls and one predictor call of the model, so that order = correct_steps + 1. The
 * last predictor adds no noise, as diffusers' pipeline returns its mean. Keys: {@code num_train_timesteps, snr, sigma_min,
 * sigma_max, sampling_eps, correct_steps}.
 */
public final class ScoreSdeVeScheduler implements Scheduler {
  static final String NAME = "ScoreSdeVeScheduler";

  private final double snr;
  private final double sigmaMin;
  private final double sigmaMax;
  private final double samplingEps;
  private final int correctSteps;

  /** Reads the configuration. */
  public ScoreSdeVeScheduler(SchedulerConfig config) {
    this.snr = config.number("snr", 0.15);
    this.sigmaMin = config.number("sigma_min", 0.01);
    this.sigmaMax = config.number("sigma_max", 1348.0);
    this.samplingEps = config.number("sampling_eps", 1e-5);
    this.correctSteps = Checks.within(config, NAME, "correct_steps", 1, 0, 1000);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Checks.noCustom(NAME, options);
    int n = options.stepCount();
    int order = correctSteps + 1;
    float[] times = Spacing.linspace32(1, samplingEps, n);
    float[] logs = Spacing.linspace32(Math.log(sigmaMin), Math.log(sigmaMax), n);
    double[] calls = new double[n * order];
    float[] discrete = new float[n + 1];
    for (int i = 0; i < n; i++) {
      double sigma = sigmaMin * Math.pow(sigmaMax / sigmaMin, times[i]);
      java.util.Arrays.fill(calls, i * order, (i + 1) * order, (float) sigma);
      // The predictor's ladder is stored upwards and met at floor(t (n - 1)).
      int k = (int) (times[i] * (n - 1));
      discrete[i] = (float) Math.exp(logs[k]);
    }
    Schedule schedule = new Schedule(calls, false, discrete, sigmaMax, order);
    Solver solver = new SdeVe(calls, times, logs, order, shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  /** sigma = sigma_min (sigma_max / sigma_min)^t, t in 0..1. */
  @Override
  public Marginal marginal(double timestep) {
    return new Marginal(1, sigmaMin * Math.pow(sigmaMax / sigmaMin, timestep));
  }

  private final class SdeVe implements Solver {
    private final double[] calls;
    private final float[] times;
    private final float[] logs;
    private final int order;
    private final SampleShape shape;
    private final NoiseSource noise;
    private final float[] z;

    SdeVe(
        double[] calls,
        float[] times,
        float[] logs,
        int order,
        SampleShape shape,
        NoiseSource noise) {
      this.calls = calls;
      this.times = times;
      this.logs = logs;
      this.order = order;
      this.shape = shape;
      this.noise = noise;
      this.z = new float[shape.length()];
    }

    @Override
    public void step(float[] x, float[] score, int i) {
      noise.randn(z);
      if (i % order < order - 1) {
        double ratio = snr * meanNorm(z) / meanNorm(score);
        double e = 2 * ratio * ratio;
        Mix.into(x, 1, x, e, score, Math.sqrt(2 * e), z);
        return;
      }
      int k = (int) (times[i / order] * (times.length - 1));
      double sigma = (float) Math.exp(logs[k]);
      double next = k == 0 ? 0 : (float) Math.exp(logs[k - 1]);
      double drop = sigma * sigma - next * next;
      boolean last = i == calls.length - 1;
      Mix.into(x, 1, x, drop, score, last ? 0 : Math.sqrt(drop), z);
    }

    /** Mean over the batch of the Euclidean norms of the samples. */
    private double meanNorm(float[] a) {
      int n = shape.sampleLength();
      double sum = 0;
      for (int b = 0; b < shape.batch(); b++) {
        double square = 0;
        for (int j = b * n; j < (b + 1) * n; j++) {
          square += (double) a[j] * a[j];
        }
        sum += Math.sqrt(square);
      }
      return sum / shape.batch();
    }

    /** Tweedie: x0 = x + sigma^2 score. */
    @Override
    public void original(float[] x, float[] score, int i, float[] out) {
      Mix.into(out, 1, x, calls[i] * calls[i], score);
    }

    @Override
    public Marginal marginal(int i) {
      return new Marginal(1, calls[i]);
    }
  }
}
