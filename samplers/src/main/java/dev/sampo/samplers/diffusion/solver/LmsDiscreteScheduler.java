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
import dev.sampo.samplers.diffusion.math.History;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Linear multistep (Adams-Bashforth on an uneven grid) of order 4, in the form of Crowson's k-diffusion; x = x0 + sigma eps.
 *
 * <pre>
 * d_i = (x - x0) / sigma_i
 * x'  = x + sum_k c_k d_{i-k},   c_k = integral from sigma_i to sigma_{i+1} of prod_{l != k} (s - sigma_{i-l}) / (sigma_{i-k} - sigma_{i-l}) ds
 * </pre>
 *
 * <p>The integrand is a cubic at most and integrated exactly (diffusers: numerically to 1e-4). Keys: the noise table's, {@code
 * prediction_type} (epsilon, v_prediction, sample), {@code use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas,
 * timestep_spacing, steps_offset}. A run that begins in the middle uses coefficients of full order from its first step, as
 * diffusers does.
 */
public final class LmsDiscreteScheduler implements Scheduler {
  static final String NAME = "LMSDiscreteScheduler";
  private static final int ORDER = 4;

  private final NoiseTable table;
  private final PredictionType prediction;
  private final SigmaGrid grid;

  /** Reads the configuration. */
  public LmsDiscreteScheduler(SchedulerConfig config) {
    this.table = NoiseTable.read(config, NAME, ZeroSnr.UNKNOWN);
    this.prediction =
        PredictionType.read(
            config, NAME, PredictionType.EPSILON, PredictionType.V, PredictionType.SAMPLE);
    Ladder ladder = Ladder.read(config, NAME);
    // diffusers' Karras ladder of this one scheduler spans the levels of its times, whatever
    // sigma_min and sigma_max say.
    SchedulerConfig ends =
        ladder == Ladder.KARRAS ? config.with("sigma_min", null).with("sigma_max", null) : config;
    this.grid = new SigmaGrid(NAME, ends, table, ladder);
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noCustom(NAME, options);
    TimeGrid t = grid.of(options, 0);
    double[] timesteps = Sigmas.floats(t.timesteps());
    return new Schedule(timesteps, false, t.levels(), t.initNoiseSigma(grid.spacing()), 1);
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new Lms(schedule.levels(), shape);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  /** c_k, by Gauss-Legendre quadrature of two points, which is exact for cubics. */
  static double coefficient(float[] sigmas, int i, int k, int order) {
    double a = sigmas[i];
    double b = sigmas[i + 1];
    double middle = (a + b) / 2;
    double offset = (b - a) / 2 / Math.sqrt(3);
    return (b - a)
        / 2
        * (basis(middle - offset, sigmas, i, k, order)
            + basis(middle + offset, sigmas, i, k, order));
  }

  private static double basis(double s, float[] sigmas, int i, int k, int order) {
    double product = 1;
    for (int l = 0; l < order; l++) {
      if (l != k) {
        product *= (s - sigmas[i - l]) / ((double) sigmas[i - k] - sigmas[i - l]);
      }
    }
    return product;
  }

  private final class Lms implements Solver {
    private final float[] sigmas;
    private final History d;
    private final double[] c = new double[ORDER];
    private final float[][] terms = new float[ORDER][];

    Lms(float[] sigmas, SampleShape shape) {
      this.sigmas = sigmas;
      this.d = new History(ORDER, shape.length());
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      double sigma = sigmas[i];
      double cx = prediction.denoisedFromSample(sigma);
      double cm = prediction.denoisedFromOutput(sigma);
      Mix.into(d.push(), (1 - cx) / sigma, x, -cm / sigma, m);
      int order = Math.min(i + 1, ORDER);
      int held = Math.min(order, d.count());
      for (int k = 0; k < held; k++) {
        c[k] = coefficient(sigmas, i, k, order);
        terms[k] = d.get(k);
      }
      Mix.sum(x, 1, x, c, terms, held);
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

    @Override
    public SolverState save() {
      return d.save(new int[0]);
    }

    @Override
    public void restore(SolverState state) {
      d.restore(state);
    }
  }
}
