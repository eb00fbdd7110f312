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
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.math.History;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Fourth-order improved pseudo linear multistep of Crowson's v-diffusion-pytorch: the Adams-Bashforth weights of Liu et al. 2022,
 * arXiv:2202.09778, eq. 12, on v-predictions with the schedule sigma_t = sin^2(pi t / 2), t from 1 to 0.
 *
 * <pre>
 * e  = sigma x + alpha m
 * x' = alpha' (x - sigma e') / alpha + sigma' e'
 * </pre>
 *
 * <p>Keys: {@code num_train_timesteps, trained_betas} (the sigmas).
 */
public final class IpndmScheduler implements Scheduler {
  static final String NAME = "IPNDMScheduler";
  private static final double SMALLEST_ALPHA = 1e-8;

  private final double[] trained;

  /** Reads the configuration. */
  public IpndmScheduler(SchedulerConfig config) {
    double[] betas = config.numbers("trained_betas");
    this.trained = betas == null ? new double[0] : betas;
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Checks.noCustom(NAME, options);
    int n = options.stepCount();
    if (trained.length > 0 && trained.length != n + 1) {
      throw new SchedulerException(
          NAME,
          "trained_betas",
          "trained_betas has "
              + trained.length
              + " entries and so goes with "
              + (trained.length - 1)
              + " steps, got "
              + n
              + ".");
    }
    float[] steps = Spacing.linspace32(1, 0, n + 1);
    double[] sigma = new double[n + 1];
    double[] alpha = new double[n + 1];
    double[] timesteps = new double[n];
    for (int i = 0; i <= n; i++) {
      double s = Math.sin(steps[i] * Math.PI / 2);
      sigma[i] = (float) (trained.length > 0 ? trained[i] : s * s);
      alpha[i] = (float) Math.sqrt(1 - sigma[i] * sigma[i]);
      if (i < n) {
        timesteps[i] = (float) (Math.atan2(sigma[i], alpha[i]) / Math.PI * 2);
      }
    }
    Schedule schedule = new Schedule(timesteps, false, null, 1.0, 1);
    return new DiffusionRun(schedule, shape, new Ipndm(alpha, sigma, shape), options.beginIndex());
  }

  /** sigma = sin^2(pi t / 2) with t in 0..1. */
  @Override
  public Marginal marginal(double timestep) {
    double angle = timestep * Math.PI / 2;
    return new Marginal(Math.cos(angle), Math.sin(angle));
  }

  private static final class Ipndm implements Solver {
    private final double[] alpha;
    private final double[] sigma;
    private final History e;
    private final float[] next;

    Ipndm(double[] alpha, double[] sigma, SampleShape shape) {
      this.alpha = alpha;
      this.sigma = sigma;
      this.e = new History(4, shape.length());
      this.next = new float[shape.length()];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      Mix.into(e.push(), sigma[i], x, alpha[i], m);
      switch (e.count()) {
        case 1 -> Mix.scale(next, 1, e.get(0));
        case 2 -> Mix.into(next, 3 / 2.0, e.get(0), -1 / 2.0, e.get(1));
        case 3 -> Mix.into(next, 23 / 12.0, e.get(0), -16 / 12.0, e.get(1), 5 / 12.0, e.get(2));
        default ->
            Mix.into(
                next,
                55 / 24.0,
                e.get(0),
                -59 / 24.0,
                e.get(1),
                37 / 24.0,
                e.get(2),
                -9 / 24.0,
                e.get(3));
      }
      double scale = alpha[i + 1] / Math.max(alpha[i], SMALLEST_ALPHA);
      Mix.into(x, scale, x, sigma[i + 1] - scale * sigma[i], next);
    }

    /** v-prediction: x0 = alpha x - sigma m. */
    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      Mix.into(out, alpha[i], x, -sigma[i], m);
    }

    @Override
    public Marginal marginal(int i) {
      return new Marginal(alpha[i], sigma[i]);
    }

    @Override
    public SolverState save() {
      return e.save(new int[0]);
    }

    @Override
    public void restore(SolverState state) {
      e.restore(state);
    }
  }
}
