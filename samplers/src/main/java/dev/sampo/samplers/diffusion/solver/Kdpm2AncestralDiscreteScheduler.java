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
import dev.sampo.samplers.diffusion.grid.Ladder;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.grid.NoiseTable.ZeroSnr;
import dev.sampo.samplers.diffusion.grid.SigmaGrid;
import dev.sampo.samplers.diffusion.grid.Sigmas;
import dev.sampo.samplers.diffusion.grid.TimeGrid;
import dev.sampo.samplers.diffusion.math.Levels;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * The midpoint method of {@link Kdpm2DiscreteScheduler} with ancestral noise: the step goes down to sigma_down and noise of
 * sigma_up is added, as in {@link EulerAncestralDiscreteScheduler}; x = x0 + sigma eps.
 *
 * <pre>
 * s  = sqrt(sigma sigma_down)
 * d  = (x - x0(x, sigma)) / sigma,   u  = x + (s - sigma) d
 * d' = (u - x0(u, s)) / s,           x' = x + (sigma_down - sigma) d' + sigma_up z
 * </pre>
 *
 * <p>Noise is drawn in the second half of a step only. Keys as {@link Kdpm2DiscreteScheduler}. The last step
 * goes straight to zero.
 *
 * <p>Like every method that averages over its first step, it wants a first noise level that is not huge. A cosine schedule that is visited
 * from its very last time begins at sigma 20,000: there use {@code use_karras_sigmas}.
 */
public final class Kdpm2AncestralDiscreteScheduler implements Scheduler {
  static final String NAME = "KDPM2AncestralDiscreteScheduler";

  private final NoiseTable table;
  private final PredictionType prediction;
  private final SigmaGrid grid;

  /** Reads the configuration. */
  public Kdpm2AncestralDiscreteScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, 0.00085, 0.012, ZeroSnr.UNKNOWN);
    this.prediction = PredictionType.read(config, NAME, PredictionType.EPSILON, PredictionType.V);
    this.grid = new SigmaGrid(NAME, config, table, Ladder.read(config, NAME));
  }

  @Override
  public Schedule schedule(RunOptions options) {
    TimeGrid t = Kdpm2DiscreteScheduler.times(NAME, grid, options);
    return schedule(t, new Levels(t.levels()));
  }

  private Schedule schedule(TimeGrid t, Levels levels) {
    int n = t.count();
    float[] logTable = Sigmas.logs(table.sigmas());
    boolean wide = grid.ladder() != Ladder.NONE;
    double[] timesteps = new double[2 * n - 1];
    timesteps[0] = t.timesteps()[0];
    for (int i = 1; i < n; i++) {
      // Found from a float32 level by float32 logs; only its storage is float64 on a ladder.
      timesteps[2 * i - 1] = time32(levels.middle[i - 1], logTable);
      timesteps[2 * i] = wide ? t.timesteps()[i] : (float) t.timesteps()[i];
    }
    float[] sigmas = Sigmas.doubled(levels.sigmas, n + 1);
    return new Schedule(timesteps, false, sigmas, t.initNoiseSigma(grid.spacing()), 2);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    TimeGrid t = Kdpm2DiscreteScheduler.times(NAME, grid, options);
    Levels levels = new Levels(t.levels());
    Solver solver = new Kdpm2Ancestral(levels, options.beginIndex(), shape, noise);
    return new DiffusionRun(schedule(t, levels), shape, solver, options.beginIndex());
  }

  private static double time32(float sigma, float[] logTable) {
    float log = (float) Math.log(sigma);
    int low = 0;
    for (int t = 0; t < logTable.length; t++) {
      low = log - logTable[t] >= 0 ? t : low;
    }
    low = Math.min(low, logTable.length - 2);
    float w = (logTable[low] - log) / (logTable[low] - logTable[low + 1]);
    w = Math.max(0f, Math.min(w, 1f));
    return (1f - w) * low + w * (low + 1);
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  /** sigma, sigma_up, sigma_down and the middle, by step. */
  private static final class Levels {
    private final float[] sigmas;
    private final float[] up;
    private final float[] down;
    private final float[] middle;

    Levels(float[] sigmas) {
      int n = sigmas.length - 1;
      this.sigmas = sigmas;
      this.up = new float[n + 1];
      this.down = new float[n + 1];
      this.middle = new float[n + 1];
      for (int i = 0; i < n; i++) {
        float from2 = sigmas[i] * sigmas[i];
        float to2 = sigmas[i + 1] * sigmas[i + 1];
        up[i] = (float) Math.sqrt(to2 * (from2 - to2) / from2);
        down[i] = (float) Math.sqrt(to2 - up[i] * up[i]);
        middle[i] = i < n - 1 ? Kdpm2DiscreteScheduler.middle(sigmas[i], down[i]) : 0;
      }
    }
  }

  private final class Kdpm2Ancestral implements Solver {
    private final Levels levels;
    private final int begin;
    private final NoiseSource noise;
    private final float[] start;
    private final float[] z;

    Kdpm2Ancestral(Levels levels, int begin, SampleShape shape, NoiseSource noise) {
      this.levels = levels;
      this.begin = begin;
      this.noise = noise;
      this.start = new float[shape.length()];
      this.z = new float[shape.length()];
    }

    private double sigma(int i) {
      return i % 2 == 0 ? levels.sigmas[i / 2] : levels.middle[i / 2];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      int k = i / 2;
      double s = sigma(i);
      double cx = prediction.denoisedFromSample(s);
      double cm = prediction.denoisedFromOutput(s);
      if ((i - begin) % 2 == 0) {
        System.arraycopy(x, 0, start, 0, x.length);
        double h = levels.middle[k] - s;
        Mix.into(x, 1 + h * (1 - cx) / s, x, -h * cm / s, m);
      } else {
        noise.randn(z);
        double h = (double) levels.down[k] - levels.sigmas[k];
        Mix.into(x, 1, start, h * (1 - cx) / s, x, -h * cm / s, m, levels.up[k], z);
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
      return new Marginal(1, levels.sigmas[(i + 1) / 2]);
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
