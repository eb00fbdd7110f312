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
import dev.sampo.samplers.diffusion.grid.TimeGrid;
import dev.sampo.samplers.diffusion.math.Denoised;
import dev.sampo.samplers.diffusion.math.OriginalFilter;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Heun's second-order method. Karras et al. 2022, arXiv:2206.00364, algorithm 1; x = x0 + sigma eps.
 *
 * <pre>
 * d  = (x - x0(x, sigma)) / sigma,     x' = x + (sigma' - sigma) d                   (lines 4, 5)
 * d' = (x' - x0(x', sigma')) / sigma', x' = x + (sigma' - sigma) (d + d') / 2         (lines 7, 8)
 * </pre>
 *
 * <p>Two model calls a step, one for the last: 2n - 1. Keys: the noise table's (with {@code beta_start} 0.00085 and {@code
 * beta_end} 0.012 by default), {@code prediction_type} (epsilon, v_prediction, sample), {@code use_karras_sigmas,
 * use_exponential_sigmas, use_beta_sigmas, clip_sample, clip_sample_range, timestep_spacing, steps_offset}.
 *
 * <p>Like every method that averages over its first step, it wants a first noise level that is not huge. A cosine schedule that is visited
 * from its very last time begins at sigma 20,000: there use {@code use_karras_sigmas}.
 */
public final class HeunDiscreteScheduler implements Scheduler {
  static final String NAME = "HeunDiscreteScheduler";

  private final NoiseTable table;
  private final PredictionType prediction;
  private final OriginalFilter.Settings filter;
  private final SigmaGrid grid;

  /** Reads the configuration. */
  public HeunDiscreteScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, 0.00085, 0.012, ZeroSnr.UNKNOWN);
    this.prediction =
        PredictionType.read(
            config, NAME, PredictionType.EPSILON, PredictionType.V, PredictionType.SAMPLE);
    OriginalFilter.Settings all = OriginalFilter.Settings.clipping(config, false);
    this.filter = new OriginalFilter.Settings(false, 0, 0, all.clip(), all.range());
    this.grid = new SigmaGrid(NAME, config, table, Ladder.read(config, NAME));
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noSigmas(NAME, options);
    TimeGrid t = grid.of(options, 0);
    float[] sigmas = Sigmas.doubled(t.levels(), t.count());
    double[] timesteps = Sigmas.floats(doubled(t.timesteps()));
    return new Schedule(timesteps, false, sigmas, t.initNoiseSigma(grid.spacing()), 2);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new Heun(schedule.levels(), options.beginIndex(), shape);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  /** t0, then each further time twice. */
  static double[] doubled(double[] times) {
    double[] twice = new double[2 * times.length - 1];
    for (int i = 0; i < twice.length; i++) {
      twice[i] = times[(i + 1) / 2];
    }
    return twice;
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class Heun implements Solver {
    private final float[] sigmas;
    private final int begin;
    private final OriginalFilter clip;
    private final float[] start;
    private final float[] d;
    private final float[] x0;
    private final Denoised[] denoised;

    Heun(float[] sigmas, int begin, SampleShape shape) {
      this.sigmas = sigmas;
      this.begin = begin;
      this.clip = filter.forShape(shape);
      this.start = new float[shape.length()];
      this.d = new float[shape.length()];
      this.x0 = new float[shape.length()];
      this.denoised = Denoised.at(prediction, sigmas);
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      original(x, m, i, x0);
      float sigma = sigmas[i];
      if ((i - begin) % 2 == 0) {
        float h = sigmas[i + 1] - sigma;
        for (int j = 0; j < x.length; j++) {
          start[j] = x[j];
          d[j] = (x[j] - x0[j]) / sigma;
          x[j] = x[j] + d[j] * h;
        }
      } else {
        float h = sigma - sigmas[i - 1];
        for (int j = 0; j < x.length; j++) {
          float mean = (d[j] + (x[j] - x0[j]) / sigma) / 2;
          x[j] = start[j] + mean * h;
        }
      }
    }

    @Override
    public double inputScale(int i) {
      return 1 / Math.sqrt((double) sigmas[i] * sigmas[i] + 1);
    }

    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      for (int j = 0; j < out.length; j++) {
        out[j] = denoised[i].of(x[j], m[j]);
      }
      clip.apply(out);
    }

    @Override
    public Marginal marginal(int i) {
      return new Marginal(1, sigmas[i]);
    }

    @Override
    public SolverState save() {
      return new SolverState(new int[0], start, d);
    }

    @Override
    public void restore(SolverState state) {
      float[][] buffers = state.buffers();
      System.arraycopy(buffers[0], 0, start, 0, start.length);
      System.arraycopy(buffers[1], 0, d, 0, d.length);
    }
  }
}
