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
import dev.sampo.samplers.diffusion.SolverState;
import dev.sampo.samplers.diffusion.grid.Checks;
import dev.sampo.samplers.diffusion.grid.Ladder;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.grid.NoiseTable.ZeroSnr;
import dev.sampo.samplers.diffusion.grid.SigmaGrid;
import dev.sampo.samplers.diffusion.grid.Sigmas;
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.grid.TimeGrid;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * The midpoint method in log sigma, DPM-Solver-2 without its own schedule: Karras et al. 2022, arXiv:2206.00364, algorithm 3 with
 * the middle of Lu et al. 2022, arXiv:2206.00927, algorithm 1; x = x0 + sigma eps.
 *
 * <pre>
 * s  = sqrt(sigma sigma')
 * d  = (x - x0(x, sigma)) / sigma,   u  = x + (s - sigma) d
 * d' = (u - x0(u, s)) / s,           x' = x + (sigma' - sigma) d'
 * </pre>
 *
 * <p>Two model calls a step, one for the last: 2n - 1. Keys: the noise table's (with {@code beta_start} 0.00085 and {@code
 * beta_end} 0.012 by default), {@code prediction_type} (epsilon, v_prediction), {@code use_karras_sigmas, use_exponential_sigmas,
 * use_beta_sigmas, timestep_spacing, steps_offset}.
 */
public final class Kdpm2DiscreteScheduler implements Scheduler {
  static final String NAME = "KDPM2DiscreteScheduler";

  private final NoiseTable table;
  private final PredictionType prediction;
  private final SigmaGrid grid;

  /** Reads the configuration. */
  public Kdpm2DiscreteScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, 0.00085, 0.012, ZeroSnr.UNKNOWN);
    this.prediction = PredictionType.read(config, NAME, PredictionType.EPSILON, PredictionType.V);
    this.grid = new SigmaGrid(NAME, config, table, Ladder.read(config, NAME));
  }

  /** The grid of the steps; times on a Karras ladder are rounded. */
  static TimeGrid times(String scheduler, SigmaGrid grid, RunOptions options) {
    Checks.noCustom(scheduler, options);
    TimeGrid t = grid.of(options, 0);
    if (grid.ladder() == Ladder.KARRAS) {
      Spacing.rounded(t.timesteps());
    }
    return t;
  }

  @Override
  public Schedule schedule(RunOptions options) {
    return schedule(times(NAME, grid, options));
  }

  private Schedule schedule(TimeGrid t) {
    int n = t.count();
    float[] middle = middles(t.levels());
    float[] logTable = Sigmas.logs(table.sigmas());
    boolean wide = grid.ladder() != Ladder.NONE;
    double[] timesteps = new double[2 * n - 1];
    timesteps[0] = t.timesteps()[0];
    for (int i = 1; i < n; i++) {
      double time = Sigmas.time(middle[i], logTable);
      timesteps[2 * i - 1] = wide ? time : (float) time;
      timesteps[2 * i] = t.timesteps()[i];
    }
    float[] sigmas = Sigmas.doubled(t.levels(), n + 1);
    return new Schedule(timesteps, false, sigmas, t.initNoiseSigma(grid.spacing()), 2);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    TimeGrid t = times(NAME, grid, options);
    Solver solver = new Kdpm2(t.levels(), middles(t.levels()), options.beginIndex(), shape);
    return new DiffusionRun(schedule(t), shape, solver, options.beginIndex());
  }

  private static float[] middles(float[] sigmas) {
    float[] middle = new float[sigmas.length];
    for (int i = 1; i < sigmas.length; i++) {
      middle[i] = middle(sigmas[i], sigmas[i - 1]);
    }
    return middle;
  }

  /** The geometric mean, in float32 logs. */
  static float middle(float a, float b) {
    float logA = (float) Math.log(a);
    float logB = (float) Math.log(b);
    return (float) Math.exp((float) (((double) logA + logB) / 2));
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class Kdpm2 implements Solver {
    private final float[] sigmas;
    private final float[] middle;
    private final int begin;
    private final float[] start;

    Kdpm2(float[] sigmas, float[] middle, int begin, SampleShape shape) {
      this.sigmas = sigmas;
      this.middle = middle;
      this.begin = begin;
      this.start = new float[shape.length()];
    }

    private boolean isFirst(int i) {
      return (i - begin) % 2 == 0;
    }

    /** The noise level at which call i is made. */
    private double sigma(int i) {
      return i % 2 == 0 ? sigmas[i / 2] : middle[(i + 1) / 2];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      int k = i / 2;
      double s = sigma(i);
      double cx = prediction.denoisedFromSample(s);
      double cm = prediction.denoisedFromOutput(s);
      if (isFirst(i)) {
        System.arraycopy(x, 0, start, 0, x.length);
        // The last step has no middle: it goes straight to zero.
        double h = (k + 1 < sigmas.length ? middle[k + 1] : 0) - s;
        Mix.into(x, 1 + h * (1 - cx) / s, x, -h * cm / s, m);
      } else {
        double h = (double) sigmas[k + 1] - sigmas[k];
        Mix.into(x, 1, start, h * (1 - cx) / s, x, -h * cm / s, m);
      }
    }

    @Override
    public double inputScale(int i) {
      return 1 / Math.sqrt(sigma(i) * sigma(i) + 1);
    }

    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      double s = sigma(i);
      Mix.into(out, prediction.denoisedFromSample(s), x, prediction.denoisedFromOutput(s), m);
    }

    @Override
    public Marginal marginal(int i) {
      return new Marginal(1, sigmas[(i + 1) / 2]);
    }

    @Override
    public SolverState save() {
      return new SolverState(new int[0], start);
    }

    @Override
    public void restore(SolverState state) {
      System.arraycopy(state.buffers()[0], 0, start, 0, start.length);
    }
  }
}
