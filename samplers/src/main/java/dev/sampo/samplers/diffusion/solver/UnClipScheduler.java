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
import dev.sampo.samplers.diffusion.math.LearnedVariance;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.diffusion.math.OriginalFilter;
import dev.sampo.samplers.random.NoiseSource;

/**
 * The ancestral sampler of unCLIP's prior. Ramesh et al. 2022, "Hierarchical Text-Conditional Image Generation with CLIP Latents", arXiv:2204.06125; Ho, Jain
 * and Abbeel 2020, arXiv:2006.11239, eq. 7, with the respaced steps and the learned range of Nichol and Dhariwal 2021, arXiv:2102.09672, eq. 15:
 *
 * <pre>
 * x_prev = sqrt(abar_prev) beta / (1 - abar) x0 + sqrt(1 - beta) (1 - abar_prev) / (1 - abar) x + sigma z,   beta = 1 - abar / abar_prev
 * sigma^2 = beta~ = (1 - abar_prev) / (1 - abar) beta,   or   log sigma^2 = f log beta + (1 - f) log beta~,  f = (v + 1) / 2
 * </pre>
 *
 * <p>It differs from {@link DdpmScheduler} in its cosine betas and in its times, round(i (T - 1) / (n - 1)), which reach both ends. Keys: {@code num_train_timesteps,
 * variance_type} (fixed_small_log, learned_range), {@code clip_sample, clip_sample_range, prediction_type} (epsilon, sample). No noise is drawn at time 0. One
 * step, a division by zero in diffusers, goes from the last time straight to the clean sample.
 */
public final class UnClipScheduler implements Scheduler {
  static final String NAME = "UnCLIPScheduler";

  private final NoiseTable table;
  private final PredictionType prediction;
  private final OriginalFilter.Settings filter;
  private final boolean learnedRange;

  /** Reads the configuration. */
  public UnClipScheduler(SchedulerConfig config) {
    config.choice(NAME, "beta_schedule", "squaredcos_cap_v2", "squaredcos_cap_v2");
    this.table =
        NoiseTable.read(
            config.with("beta_schedule", "squaredcos_cap_v2").with("trained_betas", null),
            NAME,
            ZeroSnr.UNKNOWN);
    this.prediction =
        PredictionType.read(config, NAME, PredictionType.EPSILON, PredictionType.SAMPLE);
    this.filter = OriginalFilter.Settings.clipping(config.with("thresholding", null), true);
    this.learnedRange =
        config
            .choice(NAME, "variance_type", "fixed_small_log", "fixed_small_log", "learned_range")
            .equals("learned_range");
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noCustom(NAME, options);
    Checks.stepCount(NAME, options, table.size());
    int n = options.stepCount();
    double[] times = {table.size() - 1};
    if (n > 1) {
      double ratio = (table.size() - 1) / (double) (n - 1);
      times = new double[n];
      for (int i = 0; i < n; i++) {
        times[i] = (n - 1 - i) * ratio;
      }
    }
    return new Schedule(Spacing.rounded(times), true, null, 1.0, 1);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new UnClip(schedule.timesteps(), shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  @Override
  public boolean takesVariance() {
    return learnedRange;
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class UnClip implements Solver {
    private final double[] timesteps;
    private final OriginalFilter clip;
    private final LearnedVariance learned;
    private final NoiseSource noise;
    private final float[] x0;
    private final float[] z;

    UnClip(double[] timesteps, SampleShape shape, NoiseSource noise) {
      this.timesteps = timesteps;
      this.clip = filter.forShape(shape);
      this.learned = new LearnedVariance(shape, learnedRange);
      this.noise = noise;
      this.x0 = new float[shape.length()];
      this.z = new float[shape.length()];
    }

    @Override
    public void step(float[] x, float[] output, int i) {
      int t = (int) timesteps[i];
      int next = i + 1 < timesteps.length ? (int) timesteps[i + 1] : -1;
      // In float32 as the reference's tensors: where abar is 2e-9, as at the first time, the
      // roundings show.
      float abar = (float) table.abar(t);
      float abarPrev = next >= 0 ? (float) table.abar(next) : 1f;
      float beta = next == t - 1 ? (float) table.beta(t) : 1 - abar / abarPrev;
      float alpha = 1 - beta;
      float noiseNow = 1 - abar;
      float noisePrev = 1 - abarPrev;

      original(x, output, i, x0);
      // eq. 7
      float c0 = (float) Math.sqrt(abarPrev) * beta / noiseNow;
      float ct = (float) Math.sqrt(alpha) * noisePrev / noiseNow;
      if (t == 0) {
        Mix.into(x, c0, x0, ct, x);
        return;
      }
      noise.randn(z);
      float small = noisePrev / noiseNow * beta;
      if (learnedRange) {
        spread(learned.variance(output), Math.log(small), Math.log(beta));
        Mix.into(x, c0, x0, ct, x, 1, z);
      } else {
        Mix.into(x, c0, x0, ct, x, Math.sqrt(Math.max(small, 1e-20)), z);
      }
    }

    private void spread(float[] v, double logMin, double logMax) {
      for (int j = 0; j < z.length; j++) {
        double f = (v[j] + 1) / 2;
        z[j] = (float) (Math.exp(0.5 * (f * logMax + (1 - f) * logMin)) * z[j]);
      }
    }

    @Override
    public void original(float[] x, float[] output, int i, float[] out) {
      float[] m = learned.mean(output);
      if (prediction == PredictionType.SAMPLE) {
        System.arraycopy(m, 0, out, 0, out.length);
      } else {
        float abar = (float) table.abar((int) timesteps[i]);
        float root = (float) Math.sqrt(abar);
        float spread = (float) Math.sqrt(1 - abar);
        for (int j = 0; j < out.length; j++) {
          out[j] = (x[j] - spread * m[j]) / root;
        }
      }
      clip.apply(out);
    }

    @Override
    public Marginal marginal(int i) {
      return table.marginal(timesteps[i]);
    }
  }
}
