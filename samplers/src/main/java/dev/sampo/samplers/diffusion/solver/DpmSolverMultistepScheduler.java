package dev.sampo.samplers.diffusion.solver;

import static dev.sampo.samplers.diffusion.grid.SolverGrid.Last.FIRST_OF_TRAINING;
import static dev.sampo.samplers.diffusion.grid.SolverGrid.Last.ZERO;

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
  private final SolverGrid grid;
  private final boolean eulerAtFinal;

  /** Reads the configuration. */
  public DpmSolverMultistepScheduler(SchedulerConfig config) {
    this.c = DpmConfig.read(config, NAME, ZeroSnr.LIFTED, Ladder.LU, Ladder.FLOW);
    this.eulerAtFinal = config.flag("euler_at_final", false);
    SolverGrid all =
        new SolverGrid(
            NAME, config, c.table(), c.ladder(), c.lastIsZero() ? ZERO : FIRST_OF_TRAINING);
    boolean cosine = config.text("beta_schedule", "linear").equals("squaredcos_cap_v2");
    this.grid = cosine ? all.clipped().truncating() : all.clipped();
    if (c.algorithm() == DpmAlgorithm.SDE_DPMSOLVER && c.order() == 3) {
      throw new SchedulerException(
          NAME,
          "solver_order",
          "solver_order 3 does not exist for algorithm_type 'sde-dpmsolver'. Use 2, or sde-dpmsolver++.");
    }
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noSigmas(NAME, options);
    return grid.of(options).schedule();
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Checks.noSigmas(NAME, options);
    TimeGrid times = grid.of(options);
    Solver solver = new Multistep(times.levels(), shape, noise);
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

  private final class Multistep implements Solver {
    private final Levels levels;
    private final int count;
    private final DpmWeights w;
    private final DpmInput input;
    private final NoiseSource noise;
    private final History m;
    private final float[] z;

    Multistep(float[] sigmas, SampleShape shape, NoiseSource noise) {
      this.levels = c.levels(sigmas);
      this.count = sigmas.length - 1;
      this.w = new DpmWeights(c.algorithm(), c.midpoint());
      this.input = new DpmInput(c, levels, shape);
      this.noise = noise;
      this.m = new History(c.order(), shape.length());
      this.z = new float[c.algorithm().isStochastic() ? shape.length() : 0];
    }

    @Override
    public void step(float[] x, float[] output, int i) {
      input.convert(x, output, i, m.push());
      if (c.algorithm().isStochastic()) {
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
