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
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * DPM-Solver and DPM-Solver++ as singlestep methods: groups of up to three model calls, each order starting from the group's
 * first sample. Lu et al. 2022, arXiv:2206.00927, algorithms 1 and 2; Lu et al. 2022, arXiv:2211.01095, algorithm 1
 * (DPM-Solver++(2S)).
 *
 * <pre>
 * order 2: h = lambda_t - lambda_s1, r0 = (lambda_s0 - lambda_s1) / h,  D0 = m1,  D1 = (m0 - m1) / r0
 * order 3: h = lambda_t - lambda_s2, r0, r1 likewise,                   D0 = m2,
 *          D10 = (m1 - m2) / r1, D11 = (m0 - m2) / r0
 *          D1 = (r0 D10 - r1 D11) / (r0 - r1),  D2 = 2 (D11 - D10) / (r0 - r1)
 * </pre>
 *
 * <p>Keys as {@link DpmSolverMultistepScheduler} without {@code euler_at_final, use_lu_lambdas, timestep_spacing, steps_offset}.
 * As in diffusers, {@code lower_order_final} counts as true where the number of steps is no multiple of the order or the last sigma
 * is zero.
 */
public final class DpmSolverSinglestepScheduler implements Scheduler {
  static final String NAME = "DPMSolverSinglestepScheduler";

  private final DpmConfig c;
  private final SolverGrid grid;

  /** Reads the configuration. */
  public DpmSolverSinglestepScheduler(SchedulerConfig config) {
    // Its own default is false; a file always states it.
    this.c =
        DpmConfig.read(
            config.has("lower_order_final") ? config : config.with("lower_order_final", false),
            NAME,
            ZeroSnr.UNKNOWN,
            Ladder.FLOW);
    this.grid =
        new SolverGrid(
                NAME, config, c.table(), c.ladder(), c.lastIsZero() ? ZERO : FIRST_OF_TRAINING)
            .clipped()
            .evenly();
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
    Solver solver = new Singlestep(times.levels(), shape, noise);
    return new DiffusionRun(times.schedule(), shape, solver, options.beginIndex());
  }

  /** The order of each call: 1, 2, 3, 1, 2, 3 ... with lower ones at the end. */
  static int[] orders(int steps, int order, boolean lowerOrderFinal, boolean lastIsZero) {
    int[] orders = new int[steps];
    for (int i = 0; i < steps; i++) {
      orders[i] = i % order + 1;
    }
    if (lowerOrderFinal && order == 3 && steps % 3 == 0) {
      orders[steps - 1] = 1;
    }
    if (lowerOrderFinal && order == 2 && steps % 2 == 0) {
      orders[steps - 1] = 1;
    }
    if (lastIsZero) {
      orders[steps - 1] = 1;
    }
    return orders;
  }

  @Override
  public boolean takesVariance() {
    return c.learnedVariance();
  }

  @Override
  public Marginal marginal(double timestep) {
    return c.table().marginal(timestep);
  }

  private final class Singlestep implements Solver {
    private final Levels levels;
    private final int[] orders;
    private final DpmWeights w;
    private final DpmInput input;
    private final NoiseSource noise;
    private final History m;
    private final float[] start;
    private final float[] z;

    Singlestep(float[] sigmas, SampleShape shape, NoiseSource noise) {
      int n = sigmas.length - 1;
      boolean lower = c.lowerOrderFinal() || n % c.order() != 0 || c.lastIsZero();
      this.levels = c.levels(sigmas);
      this.orders = orders(n, c.order(), lower, c.lastIsZero());
      this.w = new DpmWeights(c.algorithm(), c.midpoint());
      this.input = new DpmInput(c, levels, shape);
      this.noise = noise;
      this.m = new History(c.order(), shape.length());
      this.start = new float[shape.length()];
      this.z = new float[c.algorithm().isStochastic() ? shape.length() : 0];
    }

    @Override
    public void step(float[] x, float[] output, int i) {
      input.convert(x, output, i, m.push());
      if (c.algorithm().isStochastic()) {
        noise.randn(z);
      }
      // A run that begins inside a group starts with order 1.
      int order = Math.min(orders[i], m.count());
      if (order == 1) {
        System.arraycopy(x, 0, start, 0, x.length);
      }
      int s = i - order + 1;
      double h = levels.lambda(i + 1) - levels.lambda(s);
      w.set(levels.alpha(i + 1), levels.sigma(i + 1), levels.alpha(s), levels.sigma(s), h);
      switch (order) {
        case 1 -> Mix.into(x, w.cx, start, w.b0, m.get(0));
        case 2 -> second(x, i, h);
        default -> third(x, i, h);
      }
      if (z.length > 0) {
        Mix.into(x, 1, x, w.cz, z);
      }
    }

    private void second(float[] x, int i, double h) {
      double r0 = (levels.lambda(i) - levels.lambda(i - 1)) / h;
      double d1 = w.b1 / r0;
      Mix.into(x, w.cx, start, d1, m.get(0), w.b0 - d1, m.get(1));
    }

    private void third(float[] x, int i, double h) {
      double r0 = (levels.lambda(i) - levels.lambda(i - 2)) / h;
      double r1 = (levels.lambda(i - 1) - levels.lambda(i - 2)) / h;
      boolean midpoint = c.midpoint();
      // Weights of D10 and D11.
      double d10 = midpoint ? 0 : (w.b1Taylor * r0 - 2 * w.b2) / (r0 - r1);
      double d11 = midpoint ? w.b1Taylor : (-w.b1Taylor * r1 + 2 * w.b2) / (r0 - r1);
      double w0 = d11 / r0;
      double w1 = d10 / r1;
      Mix.into(x, w.cx, start, w0, m.get(0), w1, m.get(1), w.b0 - w0 - w1, m.get(2));
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
      return m.save(new int[0], start);
    }

    @Override
    public void restore(SolverState state) {
      m.restore(state, start);
    }
  }
}
