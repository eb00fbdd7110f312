package dev.sampo.samplers.diffusion.solver;

import static dev.sampo.samplers.diffusion.grid.SolverGrid.Last.LAST_OF_LADDER;

import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.Marginal;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SampleShape;
import dev.sampo.samplers.diffusion.Schedule;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
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
 * Diffusion exponential integrator sampler. Zhang and Chen 2022, "Fast Sampling of Diffusion Models with Exponential Integrator",
 * arXiv:2204.13902, eq. 15, with polynomials in log rho ({@code logrho}), rho = sigma / alpha:
 *
 * <pre>x_t = alpha_t (x / alpha_s + sum_k C_k eps_k),   C_k = integral from rho_s to rho_t of prod_{l != k} (log rho - log rho_l) / (log rho_k - log rho_l) d rho</pre>
 *
 * <p>Order 1 is DDIM. Keys: the noise table's, {@code solver_order, prediction_type} (epsilon, sample, v_prediction,
 * flow_prediction), {@code thresholding, dynamic_thresholding_ratio, sample_max_value, algorithm_type} (deis; those of DPM-Solver
 * count as deis), {@code solver_type} (logrho; others count as it), {@code lower_order_final, use_karras_sigmas,
 * use_exponential_sigmas, use_beta_sigmas, use_flow_sigmas, flow_shift, timestep_spacing, steps_offset}. The last sigma is that of
 * training time 0, on a ladder the ladder's last once more.
 */
public final class DeisMultistepScheduler implements Scheduler {
  static final String NAME = "DEISMultistepScheduler";
  private static final int FEW_STEPS = 15;

  private final DpmConfig c;
  private final SolverGrid grid;

  /** Reads the configuration. */
  public DeisMultistepScheduler(SchedulerConfig config) {
    config.choice(
        NAME,
        "algorithm_type",
        "deis",
        "deis",
        "dpmsolver",
        "dpmsolver++",
        "sde-dpmsolver",
        "sde-dpmsolver++");
    // eps is integrated and the last sigma is that of training, as with algorithm_type dpmsolver.
    this.c =
        DpmConfig.read(
            config.with("algorithm_type", "dpmsolver").with("final_sigmas_type", "sigma_min"),
            NAME,
            ZeroSnr.UNKNOWN,
            Ladder.FLOW);
    this.grid = new SolverGrid(NAME, config, c.table(), c.ladder(), LAST_OF_LADDER);
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
    Solver solver = new Deis(times.levels(), shape);
    return new DiffusionRun(times.schedule(), shape, solver, options.beginIndex());
  }

  @Override
  public Marginal marginal(double timestep) {
    return c.table().marginal(timestep);
  }

  /** Antiderivative of (log t - log c) / (log b - log c). */
  private static double integral(double t, double b, double c) {
    return t * (-Math.log(c) + Math.log(t) - 1) / (Math.log(b) - Math.log(c));
  }

  /** Antiderivative of (log t - log c)(log t - log d) / ((log b - log c)(log b - log d)). */
  private static double integral(double t, double b, double c, double d) {
    double lt = Math.log(t);
    double lc = Math.log(c);
    double ld = Math.log(d);
    double lb = Math.log(b);
    return t * (lc * (ld - lt + 1) - ld * lt + ld + lt * lt - 2 * lt + 2) / ((lb - lc) * (lb - ld));
  }

  private final class Deis implements Solver {
    private final Levels levels;
    private final int count;
    private final DpmInput input;
    private final History eps;

    Deis(float[] sigmas, SampleShape shape) {
      this.levels = c.levels(sigmas);
      this.count = sigmas.length - 1;
      this.input = new DpmInput(c, levels, shape);
      this.eps = new History(c.order(), shape.length());
    }

    private double rho(int i) {
      return levels.sigma(i) / levels.alpha(i);
    }

    private int order(int i) {
      boolean few = c.lowerOrderFinal() && count < FEW_STEPS;
      if (i == count - 1 && few) {
        return 1;
      }
      int order = Math.min(c.order(), eps.count());
      return i == count - 2 && few ? Math.min(order, 2) : order;
    }

    @Override
    public void step(float[] x, float[] output, int i) {
      input.convert(x, output, i, eps.push());
      double at = levels.alpha(i + 1);
      double cx = at / levels.alpha(i);
      double t = rho(i + 1);
      double s0 = rho(i);
      switch (order(i)) {
        case 1 -> {
          double h = levels.lambda(i + 1) - levels.lambda(i);
          Mix.into(x, cx, x, -levels.sigma(i + 1) * Math.expm1(h), eps.get(0));
        }
        case 2 -> {
          double s1 = rho(i - 1);
          double c0 = integral(t, s0, s1) - integral(s0, s0, s1);
          double c1 = integral(t, s1, s0) - integral(s0, s1, s0);
          Mix.into(x, cx, x, at * c0, eps.get(0), at * c1, eps.get(1));
        }
        default -> {
          double s1 = rho(i - 1);
          double s2 = rho(i - 2);
          double c0 = integral(t, s0, s1, s2) - integral(s0, s0, s1, s2);
          double c1 = integral(t, s1, s2, s0) - integral(s0, s1, s2, s0);
          double c2 = integral(t, s2, s0, s1) - integral(s0, s2, s0, s1);
          Mix.into(x, cx, x, at * c0, eps.get(0), at * c1, eps.get(1), at * c2, eps.get(2));
        }
      }
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
      return eps.save(new int[0]);
    }

    @Override
    public void restore(SolverState state) {
      eps.restore(state);
    }
  }
}
