package dev.sampo.samplers.diffusion.solver;

import static dev.sampo.samplers.diffusion.grid.SolverGrid.Last.LAST_OF_LADDER;

import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.Marginal;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Schedule;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import dev.sampo.samplers.diffusion.Solver;
import dev.sampo.samplers.diffusion.SolverState;
import dev.sampo.samplers.diffusion.grid.Checks;
import dev.sampo.samplers.diffusion.grid.Ladder;
import dev.sampo.samplers.diffusion.grid.NoiseTable.ZeroSnr;
import dev.sampo.samplers.diffusion.grid.SolverGrid;
import dev.sampo.samplers.diffusion.grid.TimeGrid;
import dev.sampo.samplers.diffusion.math.History;
import dev.sampo.samplers.diffusion.math.Levels;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;
import java.util.function.DoubleUnaryOperator;

/**
 * Stochastic Adams method. Xue et al. 2023, "SA-Solver: Stochastic Adams Solver for Fast Sampling of Diffusion Models",
 * arXiv:2309.05019, eq. 14 (predictor, Adams-Bashforth) and eq. 17 (corrector, Adams-Moulton), for x0:
 *
 * <pre>
 * x_t = e^{-tau^2 h} (sigma_t / sigma_s) x + sum_k b_k m_k + sigma_t sqrt(1 - e^{-2 tau^2 h}) z
 * b_k = (1 + tau^2) sigma_t e^{-tau^2 lambda_t} integral from lambda_s to lambda_t of e^{(1 + tau^2) l} L_k(l) dl
 * </pre>
 *
 * <p>L_k are the Lagrange polynomials of the visited lambdas. tau(t) is how stochastic the step is; without a choice it is 1 for
 * training times 200 to 800 and 0 elsewhere, as in diffusers. Order 2 has the paper code's extra term of third order in h. Noise is
 * drawn at every call.
 *
 * <p>Keys: the noise table's, {@code predictor_order, corrector_order} (1 to 4), {@code prediction_type} (epsilon, sample,
 * v_prediction), {@code thresholding, dynamic_thresholding_ratio, sample_max_value, algorithm_type} (data_prediction,
 * noise_prediction), {@code lower_order_final, use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas, use_flow_sigmas,
 * flow_shift, lambda_min_clipped, variance_type, timestep_spacing, steps_offset}.
 */
public final class SaSolverScheduler implements Scheduler {
  static final String NAME = "SASolverScheduler";
  private static final DoubleUnaryOperator DEFAULT_TAU = t -> t >= 200 && t <= 800 ? 1 : 0;

  private final DpmConfig c;
  private final boolean predictX0;
  private final int predictorOrder;
  private final int correctorOrder;
  private final SolverGrid grid;
  private final DoubleUnaryOperator tau;

  /** Reads the configuration; tau is the default. */
  public SaSolverScheduler(SchedulerConfig config) {
    this(config, DEFAULT_TAU);
  }

  /** Reads the configuration; {@code tau} gives the stochasticity by time of training. */
  public SaSolverScheduler(SchedulerConfig config, DoubleUnaryOperator tau) {
    this.predictX0 =
        config
            .choice(
                NAME, "algorithm_type", "data_prediction", "data_prediction", "noise_prediction")
            .equals("data_prediction");
    // Which of x0 and eps is integrated is all that is taken from the DPM reading.
    this.c =
        DpmConfig.read(
            config
                .with("algorithm_type", predictX0 ? "dpmsolver++" : "dpmsolver")
                .with("final_sigmas_type", "sigma_min")
                .with("solver_order", 1)
                .with("solver_type", "midpoint"),
            NAME,
            ZeroSnr.UNKNOWN,
            Ladder.FLOW);
    this.predictorOrder = order(config, "predictor_order");
    this.correctorOrder = order(config, "corrector_order");
    this.grid = new SolverGrid(NAME, config, c.table(), c.ladder(), LAST_OF_LADDER).clipped();
    this.tau = tau;
  }

  private static int order(SchedulerConfig config, String key) {
    int order = config.integer(key, 2);
    if (order < 1 || order > 4) {
      throw new SchedulerException(NAME, key, key + " is 1 to 4, got " + order + ".");
    }
    return order;
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noCustom(NAME, options);
    return grid.of(options).schedule();
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Checks.noCustom(NAME, options);
    TimeGrid times = grid.of(options);
    Solver solver = new Sa(times.timesteps(), times.levels(), shape, noise);
    return new DiffusionRun(times.schedule(), shape, solver, options.beginIndex());
  }

  @Override
  public boolean takesVariance() {
    return c.learnedVariance();
  }

  @Override
  public Marginal marginal(double timestep) {
    return c.table().marginal(timestep);
  }

  private final class Sa implements Solver {
    private final double[] timesteps;
    private final Levels levels;
    private final DpmInput input;
    private final NoiseSource noise;
    private final History m;
    private final float[] mt;
    private final float[] before;
    private final float[] z;
    private final double[] b = new double[5];
    private final double[] lambdas = new double[4];
    private final double[] polynomial = new double[4];
    private final double[] integrals = new double[4];
    private final float[][] terms = new float[5][];
    private int nextCorrectorOrder;

    Sa(double[] timesteps, float[] sigmas, SampleShape shape, NoiseSource noise) {
      this.timesteps = timesteps;
      this.levels = c.levels(sigmas);
      this.input = new DpmInput(c, levels, shape);
      this.noise = noise;
      this.m = new History(Math.max(predictorOrder, correctorOrder - 1), shape.length());
      this.mt = new float[shape.length()];
      this.before = new float[shape.length()];
      this.z = new float[shape.length()];
    }

    @Override
    public void step(float[] x, float[] output, int i) {
      input.convert(x, output, i, mt);
      if (m.count() > 0) {
        correct(x, i);
      }
      System.arraycopy(mt, 0, m.push(), 0, mt.length);
      noise.randn(z);
      int left = timesteps.length - i;
      boolean lower = c.lowerOrderFinal();
      int predictor = lower ? Math.min(predictorOrder, left) : predictorOrder;
      int corrector = lower ? Math.min(correctorOrder, left + 1) : correctorOrder;
      nextCorrectorOrder = Math.min(corrector, m.count() + 1);
      System.arraycopy(x, 0, before, 0, x.length);
      predict(x, i, Math.min(predictor, m.count()));
    }

    /** eq. 14. */
    private void predict(float[] x, int i, int order) {
      double t = tau.applyAsDouble(timesteps[i]);
      for (int k = 0; k < order; k++) {
        lambdas[k] = levels.lambda(i - k);
        terms[k] = m.get(k);
      }
      weigh(order, levels.lambda(i), levels.lambda(i + 1), t);
      if (predictX0 && order == 2) {
        double h = levels.lambda(i + 1) - levels.lambda(i);
        double extra =
            thirdOrder(t, h, h * h / 2, levels.lambda(i + 1))
                / (levels.lambda(i) - levels.lambda(i - 1));
        b[0] += extra;
        b[1] -= extra;
      }
      update(x, x, i + 1, order, t);
    }

    /** eq. 17, from the sample before and its noise, with the new value as one more point. */
    private void correct(float[] x, int i) {
      int order = nextCorrectorOrder;
      double t = tau.applyAsDouble(timesteps[i - 1]);
      for (int k = 0; k < order; k++) {
        lambdas[k] = levels.lambda(i - k);
        terms[k] = k == 0 ? mt : m.get(k - 1);
      }
      weigh(order, levels.lambda(i - 1), levels.lambda(i), t);
      if (predictX0 && order == 2) {
        double h = levels.lambda(i) - levels.lambda(i - 1);
        double extra = thirdOrder(t, h, h * h / 2, levels.lambda(i)) / h;
        b[0] += extra;
        b[1] -= extra;
      }
      update(x, before, i, order, t);
    }

    /** e^{(1+tau^2) lambda_t} (h^2 / 2 - ((1+tau^2) h - 1 + e^{-(1+tau^2) h}) / (1+tau^2)^2). */
    private double thirdOrder(double t, double h, double half, double lambdaT) {
      double q = 1 + t * t;
      return Math.exp(q * lambdaT) * (half - (h * q - 1 + Math.exp(-q * h)) / (q * q));
    }

    /** b_k without its leading factor: the integrals of the Lagrange polynomials against the exponential. */
    private void weigh(int order, double from, double to, double t) {
      double rate = predictX0 ? 1 + t * t : -1;
      integrate(order, rate, from, to);
      for (int k = 0; k < order; k++) {
        lagrange(k, order);
        b[k] = 0;
        for (int power = 0; power < order; power++) {
          b[k] += polynomial[power] * integrals[power];
        }
      }
    }

    /** Integrals of e^{rate l} l^n by parts: I_n = [e^{rate l} l^n] / rate - n / rate I_{n-1}. */
    private void integrate(int order, double rate, double from, double to) {
      for (int n = 0; n < order; n++) {
        double edge =
            Math.exp(rate * to) * Math.pow(to, n) - Math.exp(rate * from) * Math.pow(from, n);
        integrals[n] = (edge - (n == 0 ? 0 : n * integrals[n - 1])) / rate;
      }
    }

    /** Coefficients, lowest power first, of prod_{l != k} (x - lambda_l) / (lambda_k - lambda_l). */
    private void lagrange(int k, int order) {
      java.util.Arrays.fill(polynomial, 0);
      polynomial[0] = 1;
      int degree = 0;
      for (int l = 0; l < order; l++) {
        if (l == k) {
          continue;
        }
        double scale = 1 / (lambdas[k] - lambdas[l]);
        degree++;
        for (int p = degree; p >= 0; p--) {
          double lower = p > 0 ? polynomial[p - 1] : 0;
          polynomial[p] = (lower - lambdas[l] * polynomial[p]) * scale;
        }
      }
    }

    private void update(float[] x, float[] from, int t, int order, double tau) {
      double h = levels.lambda(t) - levels.lambda(t - 1);
      double q = 1 + tau * tau;
      double cx;
      double factor;
      double cz;
      if (predictX0) {
        cx = Math.exp(-tau * tau * h) * levels.sigma(t) / levels.sigma(t - 1);
        factor = q * levels.sigma(t) * Math.exp(-tau * tau * levels.lambda(t));
        cz = levels.sigma(t) * Math.sqrt(-Math.expm1(-2 * tau * tau * h));
      } else {
        cx = levels.alpha(t) / levels.alpha(t - 1);
        factor = -q * levels.alpha(t);
        cz = tau * levels.sigma(t) * Math.sqrt(Math.expm1(2 * h));
      }
      for (int k = 0; k < order; k++) {
        b[k] *= factor;
      }
      b[order] = cz;
      terms[order] = z;
      Mix.sum(x, cx, from, b, terms, order + 1);
    }

    @Override
    public void original(float[] x, float[] output, int i, float[] out) {
      input.original(x, output, i, out);
    }

    @Override
    public Marginal marginal(int i) {
      return levels.marginal(i);
    }

    @Override
    public SolverState save() {
      return m.save(new int[] {nextCorrectorOrder}, before, z);
    }

    @Override
    public void restore(SolverState state) {
      nextCorrectorOrder = m.restore(state, before, z)[0];
    }
  }
}
