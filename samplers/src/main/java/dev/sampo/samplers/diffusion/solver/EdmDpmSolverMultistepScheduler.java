package dev.sampo.samplers.diffusion.solver;

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
import dev.sampo.samplers.diffusion.math.History;
import dev.sampo.samplers.diffusion.math.Levels;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.diffusion.math.OriginalFilter;
import dev.sampo.samplers.random.NoiseSource;

/**
 * DPM-Solver++ in the EDM parametrisation: alpha = 1, lambda = -log sigma. Lu et al. 2022, arXiv:2211.01095, and Karras et al.
 * 2022, arXiv:2206.00364.
 *
 * <p>Keys: {@code sigma_min, sigma_max, sigma_data, sigma_schedule, rho, num_train_timesteps, prediction_type} (epsilon,
 * v_prediction), {@code thresholding, dynamic_thresholding_ratio, sample_max_value, algorithm_type} (dpmsolver++,
 * sde-dpmsolver++), {@code solver_order, solver_type, lower_order_final, euler_at_final, final_sigmas_type}. The SDE kind draws
 * noise at every call; its order 3, which is broken in diffusers, is the one of {@link DpmSolverMultistepScheduler}.
 */
public final class EdmDpmSolverMultistepScheduler implements Scheduler {
  static final String NAME = "EDMDPMSolverMultistepScheduler";
  private static final int FEW_STEPS = 15;

  private final EdmConfig c;
  private final OriginalFilter.Settings filter;
  private final DpmAlgorithm algorithm;
  private final boolean midpoint;
  private final int solverOrder;
  private final boolean lowerOrderFinal;
  private final boolean eulerAtFinal;

  /** Reads the configuration. */
  public EdmDpmSolverMultistepScheduler(SchedulerConfig config) {
    this.c = EdmConfig.read(config, NAME);
    this.filter = OriginalFilter.Settings.thresholding(config);
    this.algorithm =
        DpmAlgorithm.read(config, NAME, DpmAlgorithm.DPMSOLVER_PP, DpmAlgorithm.SDE_DPMSOLVER_PP);
    this.midpoint = DpmConfig.midpoint(config, NAME);
    this.solverOrder = DpmConfig.order(config, NAME);
    this.lowerOrderFinal = config.flag("lower_order_final", true);
    this.eulerAtFinal = config.flag("euler_at_final", false);
  }

  @Override
  public Schedule schedule(RunOptions options) {
    Checks.noCustom(NAME, options);
    return c.schedule(c.sigmas(options, false));
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new EdmMultistep(schedule.levels(), shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  @Override
  public Marginal marginal(double timestep) {
    return c.marginal(timestep);
  }

  private final class EdmMultistep implements Solver {
    private final float[] sigmas;
    private final Levels levels;
    private final DpmWeights w;
    private final OriginalFilter clip;
    private final NoiseSource noise;
    private final History m;
    private final float[] z;

    EdmMultistep(float[] sigmas, SampleShape shape, NoiseSource noise) {
      this.sigmas = sigmas;
      this.levels = new Levels(sigmas, Levels.Kind.EDM);
      this.w = new DpmWeights(algorithm, midpoint);
      this.clip = filter.forShape(shape);
      this.noise = noise;
      this.m = new History(solverOrder, shape.length());
      this.z = new float[algorithm.isStochastic() ? shape.length() : 0];
    }

    @Override
    public void step(float[] x, float[] output, int i) {
      original(x, output, i, m.push());
      if (z.length > 0) {
        noise.randn(z);
      }
      double h = levels.lambda(i + 1) - levels.lambda(i);
      w.set(1, levels.sigma(i + 1), 1, levels.sigma(i), h);
      switch (order(i)) {
        case 1 -> Multisteps.first(x, w, m, z);
        case 2 -> Multisteps.second(x, w, m, levels, i, z);
        default -> Multisteps.third(x, w, m, levels, i, z);
      }
    }

    private int order(int i) {
      int count = sigmas.length - 1;
      boolean few = lowerOrderFinal && count < FEW_STEPS;
      if (i == count - 1 && (eulerAtFinal || few || c.lastIsZero())) {
        return 1;
      }
      int order = Math.min(solverOrder, m.count());
      return i == count - 2 && few ? Math.min(order, 2) : order;
    }

    @Override
    public double inputScale(int i) {
      return c.inputScale(sigmas[i]);
    }

    @Override
    public void original(float[] x, float[] output, int i, float[] out) {
      Mix.into(out, c.skip(sigmas[i]), x, c.scale(sigmas[i]), output);
      clip.apply(out);
    }

    @Override
    public Marginal marginal(int i) {
      return new Marginal(1, sigmas[i]);
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
