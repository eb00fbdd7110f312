package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.Marginal;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Schedule;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import dev.sampo.samplers.diffusion.Solver;
import dev.sampo.samplers.diffusion.grid.Checks;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.grid.NoiseTable.ZeroSnr;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Inpainting with a model that was not trained for it. Lugmayr et al. 2022, "RePaint", arXiv:2201.09865, algorithm 1: each step
 * takes the known part from the noised picture and the unknown part from the model, and now and then the run jumps back up by
 * adding noise, so that both agree.
 *
 * <pre>
 * known   = sqrt(abar) original + sqrt(1 - abar) z                                            (line 5)
 * unknown = sqrt(abar') x0 + sqrt(1 - abar' - s^2) eps + s z                                   (line 7, as DDIM eq. 12)
 * x'      = mask known + (1 - mask) unknown                                                   (line 8)
 * jump:     x_{t+1} = sqrt(1 - beta) x + sqrt(beta) z                                          (line 10)
 * </pre>
 *
 * <p>In the mask 1 is what is kept, as in the paper. Keys: the noise table's, {@code eta, clip_sample}. Noise is drawn at every
 * call, and for every time of training that is jumped over.
 */
public final class RePaintScheduler implements Scheduler {
  static final String NAME = "RePaintScheduler";

  private final NoiseTable table;
  private final double eta;
  private final boolean clipSample;

  /** Reads the configuration. */
  public RePaintScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, ZeroSnr.UNKNOWN);
    this.eta = config.number("eta", 0.0);
    this.clipSample = config.flag("clip_sample", true);
  }

  /** Always refused: a run needs the picture and the mask. */
  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    throw new SchedulerException(
        NAME, "mask", "this scheduler repaints a picture: use the start with original and mask.");
  }

  /**
   * A fresh run.
   *
   * @param original the picture, as long as the sample
   * @param mask 1 where the picture is kept, 0 where it is made anew; as long as the sample
   * @param jumpLength steps of a jump back up (10 in the paper)
   * @param jumpCount how often each jump is made, counting the first way down (10 in the paper)
   */
  public DiffusionRun start(
      RunOptions options,
      SampleShape shape,
      NoiseSource noise,
      float[] original,
      float[] mask,
      int jumpLength,
      int jumpCount) {
    Checks.noCustom(NAME, options);
    if (original.length != shape.length() || mask.length != shape.length()) {
      throw new SchedulerException(
          NAME,
          "mask",
          "original and mask are as long as the sample, "
              + shape.length()
              + ", got "
              + original.length
              + " and "
              + mask.length
              + ".");
    }
    int n = Math.min(options.stepCount(), table.size());
    int stride = table.size() / n;
    int[] ups = new int[n];
    double[] calls = calls(n, jumpLength, jumpCount, stride, ups);
    Schedule schedule = new Schedule(calls, true, null, 1.0, 1);
    Solver solver =
        new RePaint(calls, stride, options.eta(eta), shape, noise, original.clone(), mask.clone());
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  /** The times of the model calls; where one is above its predecessor, the run jumped in between. */
  private static double[] calls(int n, int jumpLength, int jumpCount, int stride, int[] jumps) {
    for (int j = 0; j < n - jumpLength; j += jumpLength) {
      jumps[j] = jumpCount - 1;
    }
    double[] calls = new double[n * Math.max(1, jumpCount) + 1];
    int count = 0;
    int t = n;
    while (t >= 1) {
      t--;
      calls = count == calls.length ? java.util.Arrays.copyOf(calls, 2 * count) : calls;
      calls[count++] = (double) t * stride;
      if (jumps[t] > 0) {
        jumps[t]--;
        t += jumpLength;
      }
    }
    return java.util.Arrays.copyOf(calls, count);
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class RePaint implements Solver {
    private final double[] calls;
    private final int stride;
    private final double stochasticity;
    private final NoiseSource noise;
    private final float[] original;
    private final float[] mask;
    private final float[] x0;
    private final float[] z;

    RePaint(
        double[] calls,
        int stride,
        double stochasticity,
        SampleShape shape,
        NoiseSource noise,
        float[] original,
        float[] mask) {
      this.calls = calls;
      this.stride = stride;
      this.stochasticity = stochasticity;
      this.noise = noise;
      this.original = original;
      this.mask = mask;
      this.x0 = new float[shape.length()];
      this.z = new float[shape.length()];
    }

    @Override
    public void step(float[] x, float[] eps, int i) {
      int t = (int) calls[i];
      double abar = table.abar(t);
      double abarPrev = t - stride >= 0 ? table.abar(t - stride) : 1.0;
      double variance = (1 - abarPrev) / (1 - abar) * (1 - abar / abarPrev);
      double s = stochasticity * Math.sqrt(variance);
      original(x, eps, i, x0);
      noise.randn(z);
      double toX0 = Math.sqrt(abarPrev);
      double direction = Math.sqrt(1 - abarPrev - s * s);
      double spread = t > 0 ? s : 0;
      double a = Math.sqrt(abar);
      double b = Math.sqrt(1 - abar);
      for (int j = 0; j < x.length; j++) {
        double known = a * original[j] + b * z[j];
        double unknown = toX0 * x0[j] + direction * eps[j] + spread * z[j];
        x[j] = (float) (mask[j] * known + (1.0 - mask[j]) * unknown);
      }
      if (i + 1 < calls.length && calls[i + 1] >= t) {
        // Up again: the next call's time is one stride below the top of the jump.
        jump(x, t, (int) calls[i + 1] + stride - t);
      }
    }

    /** Line 10, once for every time of training in between. */
    private void jump(float[] x, int from, int distance) {
      for (int k = 0; k < distance; k++) {
        double beta = table.beta(from + k);
        noise.randn(z);
        Mix.into(x, Math.sqrt(1 - beta), x, Math.sqrt(beta), z);
      }
    }

    @Override
    public void original(float[] x, float[] eps, int i, float[] out) {
      double alpha = table.alpha(calls[i]);
      double sigma = table.sigma(calls[i]);
      Mix.into(out, 1 / alpha, x, -sigma / alpha, eps);
      if (clipSample) {
        for (int j = 0; j < out.length; j++) {
          out[j] = Math.max(-1f, Math.min(1f, out[j]));
        }
      }
    }

    @Override
    public Marginal marginal(int i) {
      return table.marginal(calls[i]);
    }
  }
}
