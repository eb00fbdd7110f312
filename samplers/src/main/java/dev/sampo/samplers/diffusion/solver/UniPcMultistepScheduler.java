package dev.sampo.samplers.diffusion.solver;

import static dev.sampo.samplers.diffusion.grid.SolverGrid.Last.LAST_OF_LADDER;
import static dev.sampo.samplers.diffusion.grid.SolverGrid.Last.ZERO;

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
import dev.sampo.samplers.diffusion.grid.FlowShift;
import dev.sampo.samplers.diffusion.grid.Ladder;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.grid.NoiseTable.ZeroSnr;
import dev.sampo.samplers.diffusion.grid.SolverGrid;
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.grid.TimeGrid;
import dev.sampo.samplers.diffusion.math.History;
import dev.sampo.samplers.diffusion.math.Levels;
import dev.sampo.samplers.diffusion.math.LinearSystem;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.diffusion.math.OriginalFilter;
import dev.sampo.samplers.random.NoiseSource;
import java.util.Arrays;

/**
 * Unified predictor-corrector. Zhao et al. 2023, "UniPC", arXiv:2302.04867, algorithms 1 and 2 (B(h) = h or e^h - 1) and, for x0,
 * appendix A.
 *
 * <pre>
 * predictor: x_t = (sigma_t / sigma_s) x - alpha_t (e^-h - 1) m0 - alpha_t B sum_k rho_k D_k,   D_k = (m_k - m0) / r_k     (eq. 3)
 * corrector: the same with the new value m_t as one more D, applied to the sample before              (eq. 9)
 * rho solves R rho = b, R_{ij} = r_j^{i-1}, b_i = i! phi_{i+1}(h) / B                                 (theorem 3.1)
 * </pre>
 *
 * <p>Keys: the noise table's, {@code solver_order, prediction_type} (epsilon, sample, v_prediction, flow_prediction), {@code
 * thresholding, dynamic_thresholding_ratio, sample_max_value, predict_x0, solver_type} (bh1, bh2; those of other solvers count as
 * bh2), {@code lower_order_final, disable_corrector, use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas, use_flow_sigmas,
 * flow_shift, use_dynamic_shifting, time_shift_type, shift_terminal, sigma_min, sigma_max, timestep_spacing, steps_offset,
 * final_sigmas_type, rescale_betas_zero_snr}; {@code solver_p} is refused. Runs take chosen sigmas where
 * {@code use_flow_sigmas} is true.
 *
 * <p>bh1 with a last sigma of zero, which gives NaN in diffusers, is done right: the step to zero is of first order, where B drops
 * out.
 */
public final class UniPcMultistepScheduler implements Scheduler {
  static final String NAME = "UniPCMultistepScheduler";

  /** Beyond 3 a step gains nothing; as many samples are kept. */
  private static final int MOST_ORDER = 16;

  private static final double ALMOST_ONE = 1e-6;

  private final SchedulerConfig config;
  private final NoiseTable table;
  private final PredictionType prediction;
  private final OriginalFilter.Settings filter;
  private final int solverOrder;
  private final boolean predictX0;
  private final boolean bh1;
  private final boolean lowerOrderFinal;
  private final double[] disableCorrector;
  private final Ladder ladder;
  private final SolverGrid grid;

  /** Reads the configuration. */
  public UniPcMultistepScheduler(SchedulerConfig config) {
    this.config = config;
    this.table = NoiseTable.read(config, NAME, ZeroSnr.LIFTED);
    this.prediction = PredictionType.read(config, NAME, PredictionType.values());
    this.filter = OriginalFilter.Settings.thresholding(config);
    this.solverOrder =
        Math.max(1, Checks.within(config, NAME, "solver_order", 2, Integer.MIN_VALUE, MOST_ORDER));
    this.predictX0 = config.flag("predict_x0", true);
    this.bh1 =
        config
            .choice(NAME, "solver_type", "bh2", "bh1", "bh2", "midpoint", "heun", "logrho")
            .equals("bh1");
    this.lowerOrderFinal = config.flag("lower_order_final", true);
    double[] disabled = config.numbers("disable_corrector");
    this.disableCorrector = disabled == null ? new double[0] : disabled;
    this.ladder = Ladder.read(config, NAME, Ladder.FLOW, Ladder.KARRAS_FLOW);
    String last = config.choice(NAME, "final_sigmas_type", "zero", "zero", "sigma_min");
    this.grid =
        new SolverGrid(NAME, config, table, ladder, last.equals("zero") ? ZERO : LAST_OF_LADDER);
    if (config.has("solver_p")) {
      throw new SchedulerException(
          NAME, "solver_p", "another predictor (solver_p) is not supported; set it to null.");
    }
  }

  @Override
  public Schedule schedule(RunOptions options) {
    return times(options).schedule();
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    TimeGrid times = times(options);
    Solver solver = new UniPc(times.levels(), shape);
    return new DiffusionRun(times.schedule(), shape, solver, options.beginIndex());
  }

  private TimeGrid times(RunOptions options) {
    if (options.timesteps() != null) {
      Checks.noCustom(NAME, options);
    }
    if (!ladder.isFlow()) {
      Checks.noSigmas(NAME, options);
    }
    if (ladder == Ladder.FLOW) {
      Checks.stepCount(NAME, options, table.size());
      return grid.ofFlow(flowSigmas(options));
    }
    return grid.of(options);
  }

  private double[] flowSigmas(RunOptions options) {
    double[] sigmas = options.sigmas();
    if (sigmas == null) {
      int n = options.stepCount();
      sigmas = Arrays.copyOf(Spacing.linspace(1, 1.0 / table.size(), n + 1), n);
    }
    FlowShift.apply(NAME, config, "flow_shift", options, sigmas);
    if (Math.abs(sigmas[0] - 1) < ALMOST_ONE) {
      // lambda would be infinite at sigma = 1.
      sigmas[0] -= ALMOST_ONE;
    }
    return sigmas;
  }

  @Override
  public Marginal marginal(double timestep) {
    return table.marginal(timestep);
  }

  private final class UniPc implements Solver {
    private final Levels levels;
    private final int count;
    private final OriginalFilter clip;
    private final History m;
    private final float[] before;
    private final float[] mt;
    private final double[] r;
    private final double[] rho;
    private final double[] weights;
    private final float[][] terms;
    private final double[][] system;
    private int lastOrder;

    UniPc(float[] sigmas, SampleShape shape) {
      this.levels = new Levels(sigmas, ladder.isFlow() ? Levels.Kind.FLOW : Levels.Kind.DIFFUSION);
      this.count = sigmas.length - 1;
      this.clip = filter.forShape(shape);
      this.m = new History(solverOrder, shape.length());
      this.before = new float[shape.length()];
      this.mt = new float[shape.length()];
      this.r = new double[solverOrder + 1];
      this.rho = new double[solverOrder + 1];
      this.weights = new double[solverOrder + 2];
      this.terms = new float[solverOrder + 2][];
      this.system = new double[solverOrder + 1][solverOrder + 2];
    }

    @Override
    public void step(float[] x, float[] output, int i) {
      convert(x, output, i, mt);
      if (m.count() > 0 && !isDisabled(i - 1)) {
        correct(x, i);
      }
      System.arraycopy(mt, 0, m.push(), 0, mt.length);
      int order = lowerOrderFinal ? Math.min(solverOrder, count - i) : solverOrder;
      lastOrder = levels.sigma(i + 1) == 0 ? 1 : Math.min(order, m.count());
      System.arraycopy(x, 0, before, 0, x.length);
      predict(x, i);
    }

    private boolean isDisabled(int i) {
      for (double disabled : disableCorrector) {
        if (disabled == i) {
          return true;
        }
      }
      return false;
    }

    /** UniC: from the sample before, with the value at its end as one more point. */
    private void correct(float[] x, int i) {
      int order = lastOrder;
      double h = levels.lambda(i) - levels.lambda(i - 1);
      for (int k = 1; k < order; k++) {
        r[k - 1] = (levels.lambda(i - 1 - k) - levels.lambda(i - 1)) / h;
        terms[k] = m.get(k);
      }
      r[order - 1] = 1;
      if (order == 1) {
        rho[0] = 0.5;
      } else {
        solve(order, h);
      }
      terms[0] = m.get(0);
      terms[order] = mt;
      // D of the new value has r = 1.
      update(x, before, i, order + 1, h);
    }

    /** UniP: extrapolates over h. */
    private void predict(float[] x, int i) {
      int order = lastOrder;
      double h = levels.lambda(i + 1) - levels.lambda(i);
      for (int k = 1; k < order; k++) {
        r[k - 1] = (levels.lambda(i - k) - levels.lambda(i)) / h;
        terms[k] = m.get(k);
      }
      r[order - 1] = 1;
      if (order == 2) {
        rho[0] = 0.5;
      } else if (order > 2) {
        solve(order - 1, h);
      }
      terms[0] = m.get(0);
      update(x, x, i + 1, order, h);
    }

    /** x_t from {@code from}; terms[0] = m0, terms[k] with weight rho_k / r_k. */
    private void update(float[] x, float[] from, int t, int termCount, double h) {
      double hh = predictX0 ? -h : h;
      double phi1 = Math.expm1(hh);
      double b = bh1 ? hh : phi1;
      double scale = predictX0 ? levels.alpha(t) : levels.sigma(t);
      // sigma_t (e^h - 1), written so that it keeps its limit where sigma_t is zero.
      double noiseWeight =
          levels.alpha(t) * levels.sigma(t - 1) / levels.alpha(t - 1) - levels.sigma(t);
      double cx =
          predictX0 ? levels.sigma(t) / levels.sigma(t - 1) : levels.alpha(t) / levels.alpha(t - 1);
      weights[0] = predictX0 ? -scale * phi1 : -noiseWeight;
      for (int k = 1; k < termCount; k++) {
        weights[k] = -scale * b * rho[k - 1] / r[k - 1];
        weights[0] -= weights[k];
      }
      Mix.sum(x, cx, from, weights, terms, termCount);
    }

    /** R rho = b of theorem 3.1, by elimination. */
    private void solve(int n, double h) {
      double hh = predictX0 ? -h : h;
      double b = bh1 ? hh : Math.expm1(hh);
      double phi = Math.expm1(hh) / hh - 1;
      double factorial = 1;
      for (int row = 0; row < n; row++) {
        for (int k = 0; k < n; k++) {
          system[row][k] = Math.pow(r[k], row);
        }
        system[row][n] = phi * factorial / b;
        factorial *= row + 2;
        phi = phi / hh - 1 / factorial;
      }
      LinearSystem.solve(system, n, rho);
    }

    private void convert(float[] x, float[] output, int i, float[] out) {
      if (predictX0) {
        original(x, output, i, out);
        return;
      }
      double a = levels.alpha(i);
      double s = levels.sigma(i);
      Mix.into(out, prediction.noiseFromSample(a, s), x, prediction.noiseFromOutput(a, s), output);
    }

    @Override
    public void original(float[] x, float[] output, int i, float[] out) {
      double a = levels.alpha(i);
      double s = levels.sigma(i);
      Mix.into(
          out, prediction.originalFromSample(a, s), x, prediction.originalFromOutput(a, s), output);
      if (predictX0) {
        clip.apply(out);
      }
    }

    @Override
    public Marginal marginal(int i) {
      return levels.marginal(i);
    }

    @Override
    public SolverState save() {
      return m.save(new int[] {lastOrder}, before);
    }

    @Override
    public void restore(SolverState state) {
      lastOrder = m.restore(state, before)[0];
    }
  }
}
