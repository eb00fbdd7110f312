package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.Marginal;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Schedule;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.Solver;
import dev.sampo.samplers.diffusion.SolverState;
import dev.sampo.samplers.diffusion.grid.Checks;
import dev.sampo.samplers.diffusion.grid.Sigmas;
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Heun's method on a rectified flow: {@link HeunDiscreteScheduler}'s two calls a step (2n - 1 in all) with {@link
 * FlowMatchEulerDiscreteScheduler}'s ladder; x = (1 - sigma) x0 + sigma eps, d = m.
 *
 * <p>Keys: {@code num_train_timesteps, shift} (which acts twice). Option of a run: churn, as in Karras et al. 2022,
 * arXiv:2206.00364, algorithm 2.
 */
public final class FlowMatchHeunDiscreteScheduler implements Scheduler {
  static final String NAME = "FlowMatchHeunDiscreteScheduler";

  private final int trainCount;
  private final double shift;

  /** Reads the configuration. */
  public FlowMatchHeunDiscreteScheduler(SchedulerConfig config) {
    this.trainCount = Checks.trainCount(config, NAME, 1000);
    this.shift = config.number("shift", 1.0);
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noCustom(NAME, options);
    int n = options.stepCount();
    double[] sigmas = Spacing.linspace(end(trainCount) * trainCount, end(1) * trainCount, n);
    double[] times = new double[n];
    for (int i = 0; i < n; i++) {
      double s = sigmas[i] / trainCount;
      sigmas[i] = (float) (shift * s / (1 + (shift - 1) * s));
      times[i] = (float) sigmas[i] * (float) trainCount;
    }
    float[] levels = Sigmas.doubled(Sigmas.withLast(sigmas, 0), n);
    return new Schedule(HeunDiscreteScheduler.doubled(times), false, levels, 1.0, 2);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver =
        new FlowHeun(schedule.levels(), options.churn(), options.beginIndex(), shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  private double end(int t) {
    float sigma = (float) t / trainCount;
    return (float) shift * sigma / (1 + (float) (shift - 1) * sigma);
  }

  @Override
  public Marginal marginal(double timestep) {
    double sigma = timestep / trainCount;
    return new Marginal(1 - sigma, sigma);
  }

  /** The target of a flow: eps - x0, whatever the time. */
  @Override
  public void velocity(
      float[] original, float[] noise, double[] timesteps, SampleShape shape, float[] out) {
    Mix.into(out, 1, noise, -1, original);
  }

  private static final class FlowHeun implements Solver {
    private final float[] sigmas;
    private final RunOptions.Churn churn;
    private final int begin;
    private final NoiseSource noise;
    private final float[] start;
    private final float[] d;
    private final float[] z;
    private double h;

    FlowHeun(
        float[] sigmas, RunOptions.Churn churn, int begin, SampleShape shape, NoiseSource noise) {
      this.sigmas = sigmas;
      this.churn = churn;
      this.begin = begin;
      this.noise = noise;
      this.start = new float[shape.length()];
      this.d = new float[shape.length()];
      this.z = new float[churn.churn() > 0 ? shape.length() : 0];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      boolean first = (i - begin) % 2 == 0;
      double sigma = sigmas[first ? i : i - 1];
      double next = sigmas[first ? i + 1 : i];
      double gamma = churn.gamma(sigma, sigmas.length - 1);
      double sigmaHat = sigma * (1 + gamma);
      if (gamma > 0) {
        noise.randn(z);
        double raise = Math.sqrt(sigmaHat * sigmaHat - sigma * sigma) * churn.noise();
        Mix.into(x, 1, x, raise, z);
      }
      if (first) {
        // d = (x - x0) / sigma^ with x0 = x - sigma m
        h = next - sigmaHat;
        System.arraycopy(x, 0, start, 0, x.length);
        Mix.scale(d, sigma / sigmaHat, m);
        Mix.into(x, 1, x, h, d);
      } else {
        Mix.into(x, 1, start, h / 2, d, h / 2, m);
      }
    }

    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      Mix.into(out, 1, x, -sigmas[i], m);
    }

    @Override
    public Marginal marginal(int i) {
      return new Marginal(1.0 - sigmas[i], sigmas[i]);
    }

    @Override
    public SolverState save() {
      long bits = Double.doubleToLongBits(h);
      return new SolverState(new int[] {(int) (bits >>> 32), (int) bits}, start, d);
    }

    @Override
    public void restore(SolverState state) {
      int[] bits = state.counters();
      h = Double.longBitsToDouble(((long) bits[0] << 32) | (bits[1] & 0xffffffffL));
      System.arraycopy(state.buffers()[0], 0, start, 0, start.length);
      System.arraycopy(state.buffers()[1], 0, d, 0, d.length);
    }
  }
}
