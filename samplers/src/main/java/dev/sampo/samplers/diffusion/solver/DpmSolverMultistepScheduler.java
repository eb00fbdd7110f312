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
import dev.sampo.samplers.diffusion.SolverState;
import dev.sampo.samplers.diffusion.grid.Checks;
import dev.sampo.samplers.diffusion.grid.Sigmas;
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.math.History;
import dev.sampo.samplers.diffusion.math.Levels;
import dev.sampo.samplers.random.NoiseSource;

/**
 * DPM-Solver and DPM-Solver++ as multistep methods of order 1 to 3, and their SDE kinds. Lu et al. 2022, arXiv:2206.00927; Lu et
 * al. 2022, arXiv:2211.01095, algorithm 2 (DPM-Solver++(2M)) and appendix A (3M).
 *
 * <pre>
 * h = lambda_t - lambda_s0,  r0 = (lambda_s0 - lambda_s1) / h,  r1 = (lambda_s1 - lambda_s2) / h
 * D0 = m0,  D1 = (m0 - m1) / r0                                                        (order 2)
 * D1 = D10 + r0 / (r0 + r1) (D10 - D11),  D2 = (D10 - D11) / (r0 + r1)                    (order 3)
 * x_t = cx x + b0 D0 + b1 D1 + b2 D2 + cz z                                              ({@link DpmWeights})
 * </pre>
 *
 * <p>Keys: the noise table's, {@code solver_order, prediction_type} (epsilon, sample, v_prediction, flow_prediction), {@code
 * thresholding, dynamic_thresholding_ratio, sample_max_value, algorithm_type} (dpmsolver, dpmsolver++, sde-dpmsolver,
 * sde-dpmsolver++), {@code solver_type} (midpoint, heun), {@code lower_order_final, euler_at_final, use_karras_sigmas,
 * use_exponential_sigmas, use_beta_sigmas, use_lu_lambdas, use_flow_sigmas, flow_shift, final_sigmas_type, lambda_min_clipped,
 * variance_type, timestep_spacing, steps_offset, rescale_betas_zero_snr}. Runs take chosen timesteps.
 *
 * <p>As in diffusers: times on a Karras or Lu ladder are rounded, on an exponential, beta or flow ladder cut off; the last step is
 * of first order where the last sigma is zero; the SDE kinds draw noise at every call. Where times repeat on a Karras ladder,
 * diffusers starts at its second step and fails; here the run starts at the first.
 */
public final class DpmSolverMultistepScheduler implements Scheduler {
  static final String NAME = "DPMSolverMultistepScheduler";
  private static final int FEW_STEPS = 15;

  private final DpmConfig c;
  private final boolean eulerAtFinal;
  private final String spacing;
  private final int stepsOffset;

  /** Reads the configuration. */
  public DpmSolverMultistepScheduler(SchedulerConfig config) {
    this.c = DpmConfig.read(config, NAME, true);
    this.eulerAtFinal = config.flag("euler_at_final", false);
    this.spacing = config.text("timestep_spacing", "linspace");
    this.stepsOffset = config.integer("steps_offset", 0);
    if (c.algorithm().equals("sde-dpmsolver") && c.order() == 3) {
      throw new SchedulerException(
          NAME,
          "solver_order",
          "solver_order 3 does not exist for algorithm_type 'sde-dpmsolver'. Use 2, or"
              + " sde-dpmsolver++.");
    }
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Checks.noSigmas(NAME, options);
    double[] timesteps = options.timesteps();
    if (timesteps != null) {
      Checks.noLadder(NAME, "timesteps", c.ladder());
    } else {
      Checks.stepCount(NAME, options, c.table().size());
      int last = c.table().lastTimestep(c.lambdaMin());
      timesteps =
          Spacing.solver(NAME, spacing, last, c.table().size(), options.stepCount(), stepsOffset);
    }
    float[] all = c.table().sigmas();
    double[] sigmas;
    if (c.ladder().equals("none")) {
      sigmas = Sigmas.at(timesteps, all);
    } else {
      sigmas = ladder(all, options);
      timesteps = ladderTimes(sigmas, Sigmas.logs(all));
    }
    float[] levels = Sigmas.withLast(sigmas, c.lastIsZero() ? 0 : all[0]);
    Schedule schedule = new Schedule(timesteps, true, levels, 1.0, 1);
    Solver solver = new Multistep(levels, shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  private double[] ladder(float[] all, RunOptions options) {
    int n = options.stepCount();
    return switch (c.ladder()) {
      case "flow" -> c.flowSigmas(options);
      case "lu" -> {
        // Even in lambda; Lu et al. 2022, arXiv:2206.00927, section 3.4.
        double[] logs =
            Spacing.linspace((float) Math.log(all[all.length - 1]), (float) Math.log(all[0]), n);
        for (int i = 0; i < n; i++) {
          logs[i] = Math.exp(logs[i]);
        }
        yield logs;
      }
      default -> Sigmas.ladder(c.ladder(), c.minSigma(all), c.maxSigma(all), n);
    };
  }

  private double[] ladderTimes(double[] sigmas, float[] logTable) {
    if (c.isFlow()) {
      double[] times = new double[sigmas.length];
      for (int i = 0; i < times.length; i++) {
        times[i] = sigmas[i] * c.table().size();
      }
      return Sigmas.truncated(times);
    }
    double[] times = Sigmas.times(sigmas, logTable);
    boolean round = c.ladder().equals("karras") || c.ladder().equals("lu");
    boolean cosine = c.config().text("beta_schedule", "linear").equals("squaredcos_cap_v2");
    return round && !cosine ? Spacing.rounded(times) : Sigmas.truncated(times);
  }

  @Override
  public boolean takesVariance() {
    return c.learnedVariance();
  }

  @Override
  public Marginal marginal(double timestep) {
    return c.table().marginal(timestep);
  }

  private final class Multistep implements Solver {
    private final Levels levels;
    private final int count;
    private final DpmWeights w;
    private final DpmInput input;
    private final NoiseSource noise;
    private final History m;
    private final float[] z;

    Multistep(float[] sigmas, SampleShape shape, NoiseSource noise) {
      this.levels = new Levels(sigmas, c.isFlow() ? Levels.Kind.FLOW : Levels.Kind.DIFFUSION);
      this.count = sigmas.length - 1;
      this.w = new DpmWeights(c.algorithm(), c.solverType());
      this.input = new DpmInput(c, levels, shape);
      this.noise = noise;
      this.m = new History(c.order(), shape.length());
      this.z = new float[c.isStochastic() ? shape.length() : 0];
    }

    @Override
    public void step(float[] x, float[] output, int i) {
      input.convert(x, output, i, m.push());
      if (c.isStochastic()) {
        noise.randn(z);
      }
      double h = levels.lambda(i + 1) - levels.lambda(i);
      w.set(levels.alpha(i + 1), levels.sigma(i + 1), levels.alpha(i), levels.sigma(i), h);
      switch (order(i)) {
        case 1 -> Multisteps.first(x, w, m, z);
        case 2 -> Multisteps.second(x, w, m, levels, i, z);
        default -> Multisteps.third(x, w, m, levels, i, z);
      }
    }

    private int order(int i) {
      boolean few = c.lowerOrderFinal() && count < FEW_STEPS;
      boolean last = i == count - 1 && (eulerAtFinal || few || c.lastIsZero());
      if (last) {
        return 1;
      }
      int order = Math.min(c.order(), m.count());
      return i == count - 2 && few ? Math.min(order, 2) : order;
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
      return m.save(new int[0]);
    }

    @Override
    public void restore(SolverState state) {
      m.restore(state);
    }
  }
}
