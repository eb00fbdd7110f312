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
import dev.sampo.samplers.diffusion.SolverState;
import dev.sampo.samplers.diffusion.grid.Checks;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.grid.NoiseTable.ZeroSnr;
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.math.History;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;
import java.util.Arrays;

/**
 * Pseudo numerical methods. Liu et al. 2022, "Pseudo Numerical Methods for Diffusion Models on Manifolds", arXiv:2202.09778.
 *
 * <pre>
 * phi(x, e, t, s): x_s = sqrt(abar_s / abar_t) x
 *                        - (abar_s - abar_t) e / (abar_t sqrt(1 - abar_s) + sqrt(abar_t (1 - abar_t) abar_s))   (eq. 9)
 * PLMS: e' = (55 e_t - 59 e_{t+1} + 37 e_{t+2} - 9 e_{t+3}) / 24                                              (eq. 12)
 * PRK:  e' = (e1 + 2 e2 + 2 e3 + e4) / 6                                                                      (eq. 13)
 * </pre>
 *
 * <p>With {@code skip_prk_steps} the first steps are PLMS of lower order and the second time is visited twice, so there are n + 1
 * model calls; without, the first three steps are Runge-Kutta ones of four calls each. Keys: the noise table's, {@code
 * skip_prk_steps, set_alpha_to_one, prediction_type} (epsilon, v_prediction), {@code timestep_spacing, steps_offset}.
 *
 * <p>Like every method that averages over its first step, it wants a first noise level that is not huge. A cosine schedule that is visited
 * from its very last time begins at sigma 20,000: there use {@code skip_prk_steps} and the {@code timestep_spacing} leading.
 */
public final class PndmScheduler implements Scheduler {
  static final String NAME = "PNDMScheduler";
  private static final int PRK_STEPS = 4;

  private final NoiseTable table;
  private final PredictionType prediction;
  private final boolean skipPrk;
  private final double finalAbar;
  private final String spacing;
  private final int stepsOffset;

  /** Reads the configuration. */
  public PndmScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, ZeroSnr.UNKNOWN);
    this.prediction = PredictionType.read(config, NAME, PredictionType.EPSILON, PredictionType.V);
    this.skipPrk = config.flag("skip_prk_steps", false);
    this.finalAbar = config.flag("set_alpha_to_one", false) ? 1.0 : table.abar(0);
    this.spacing = config.text("timestep_spacing", "leading");
    this.stepsOffset = config.integer("steps_offset", 0);
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noCustom(NAME, options);
    Checks.stepCount(NAME, options, table.size());
    int n = options.stepCount();
    double[] falling = Spacing.whole(NAME, spacing, table.size(), n, stepsOffset);
    Checks.inRange(NAME, falling, table.size());
    double[] timesteps =
        skipPrk ? plmsTimes(falling) : joined(prkTimes(falling, table.size() / n), falling);
    return new Schedule(timesteps, true, null, 1.0, 1);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    int stride = table.size() / options.stepCount();
    Solver solver = new Pndm(schedule.timesteps(), stride, options.beginIndex(), shape);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  /** The second time twice: t0, t1, t1, t2 ... */
  private static double[] plmsTimes(double[] falling) {
    if (falling.length == 1) {
      return falling;
    }
    double[] times = new double[falling.length + 1];
    times[0] = falling[0];
    System.arraycopy(falling, 1, times, 1, 1);
    System.arraycopy(falling, 1, times, 2, falling.length - 1);
    return times;
  }

  /** t, t - h/2, t - h/2, t - h for each of the first three steps. */
  private static double[] prkTimes(double[] falling, int stride) {
    if (falling.length < PRK_STEPS) {
      throw new SchedulerException(
          NAME,
          "skip_prk_steps",
          "Runge-Kutta steps need num_inference_steps of at least 4, got "
              + falling.length
              + ". Set skip_prk_steps to true.");
    }
    double[] pairs = new double[2 * PRK_STEPS];
    for (int k = 0; k < PRK_STEPS; k++) {
      double t = falling[PRK_STEPS - 1 - k];
      pairs[2 * k] = t;
      pairs[2 * k + 1] = t + stride / 2;
    }
    double[] times = new double[4 * (PRK_STEPS - 1)];
    for (int j = 0; j < times.length; j++) {
      // Each of the pairs but the last twice, without the outer two, backwards.
      times[times.length - 1 - j] = pairs[(j + 1) / 2];
    }
    return times;
  }

  private static double[] joined(double[] prk, double[] falling) {
    double[] times = Arrays.copyOf(prk, prk.length + falling.length - (PRK_STEPS - 1));
    System.arraycopy(falling, PRK_STEPS - 1, times, prk.length, falling.length - (PRK_STEPS - 1));
    return times;
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class Pndm implements Solver {
    private final double[] timesteps;
    private final int prkCount;
    private final int stride;
    private final int begin;
    private final History e;
    private final float[] start;
    private final float[] sum;

    Pndm(double[] timesteps, int stride, int begin, SampleShape shape) {
      this.timesteps = timesteps;
      this.prkCount = skipPrk ? 0 : 4 * (PRK_STEPS - 1);
      this.stride = stride;
      this.begin = begin;
      this.e = new History(4, shape.length());
      this.start = new float[shape.length()];
      this.sum = new float[shape.length()];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      int count = i - begin;
      if (count < prkCount) {
        rungeKutta(x, m, i, count);
      } else {
        multistep(x, m, i, count);
      }
    }

    /** eq. 13: each of the four calls starts from the step's first sample. */
    private void rungeKutta(float[] x, float[] m, int i, int count) {
      int phase = count % 4;
      int t = (int) timesteps[begin + count / 4 * 4];
      int s = (int) timesteps[i] - (count % 2 == 0 ? stride / 2 : 0);
      if (phase == 0) {
        System.arraycopy(m, 0, e.push(), 0, m.length);
        System.arraycopy(x, 0, start, 0, x.length);
        Mix.scale(sum, 1 / 6.0, m);
      } else if (phase < 3) {
        Mix.into(sum, 1, sum, 1 / 3.0, m);
      } else {
        Mix.into(m, 1, sum, 1 / 6.0, m);
      }
      transfer(x, start, m, t, s);
    }

    private void multistep(float[] x, float[] m, int i, int count) {
      int t = (int) timesteps[i];
      int s = t - stride;
      if (count == 1) {
        s = t;
        t = t + stride;
      } else {
        System.arraycopy(m, 0, e.push(), 0, m.length);
      }
      if (count == 0) {
        System.arraycopy(x, 0, start, 0, x.length);
        transfer(x, x, m, t, s);
      } else if (count == 1) {
        // The first step again, with the mean of both ends: a Heun step.
        Mix.into(m, 0.5, m, 0.5, e.get(0));
        transfer(x, start, m, t, s);
      } else {
        adamsBashforth(m);
        transfer(x, x, m, t, s);
      }
    }

    /** eq. 12, and its lower orders while there are fewer values. */
    private void adamsBashforth(float[] out) {
      switch (e.count()) {
        case 1 -> System.arraycopy(e.get(0), 0, out, 0, out.length);
        case 2 -> Mix.into(out, 3 / 2.0, e.get(0), -1 / 2.0, e.get(1));
        case 3 -> Mix.into(out, 23 / 12.0, e.get(0), -16 / 12.0, e.get(1), 5 / 12.0, e.get(2));
        default ->
            Mix.into(
                out,
                55 / 24.0,
                e.get(0),
                -59 / 24.0,
                e.get(1),
                37 / 24.0,
                e.get(2),
                -9 / 24.0,
                e.get(3));
      }
    }

    /** eq. 9 from {@code from} at t to {@code x} at s; a v-prediction becomes a noise prediction first. */
    private void transfer(float[] x, float[] from, float[] m, int t, int s) {
      double abar = table.abar(Math.min(t, table.size() - 1));
      double abarPrev = s >= 0 ? table.abar(s) : finalAbar;
      double denominator = abar * Math.sqrt(1 - abarPrev) + Math.sqrt(abar * (1 - abar) * abarPrev);
      double ofSample = Math.sqrt(abarPrev / abar);
      double ofNoise = -(abarPrev - abar) / denominator;
      double a = Math.sqrt(abar);
      double b = Math.sqrt(1 - abar);
      double ex = prediction.noiseFromSample(a, b);
      double em = prediction.noiseFromOutput(a, b);
      Mix.into(x, ofSample + ofNoise * ex, from, ofNoise * em, m);
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

    @Override
    public SolverState save() {
      return e.save(new int[0], start, sum);
    }

    @Override
    public void restore(SolverState state) {
      e.restore(state, start, sum);
    }
  }
}
