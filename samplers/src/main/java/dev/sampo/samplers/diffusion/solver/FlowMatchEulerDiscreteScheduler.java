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
import dev.sampo.samplers.diffusion.grid.Checks;
import dev.sampo.samplers.diffusion.grid.FlowShift;
import dev.sampo.samplers.diffusion.grid.Ladder;
import dev.sampo.samplers.diffusion.grid.Sigmas;
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.math.Mix;
import dev.sampo.samplers.random.NoiseSource;

/**
 * Euler's method on a rectified flow. Lipman et al. 2022, arXiv:2210.02747; Liu et al. 2022, arXiv:2209.03003; the shift of Esser
 * et al. 2024, arXiv:2403.03206, eq. 23. x = (1 - sigma) x0 + sigma eps, the model answers with eps - x0.
 *
 * <pre>x' = x + (sigma' - sigma) m;   stochastic: x' = (1 - sigma') x0 + sigma' z,  x0 = x - sigma m</pre>
 *
 * <p>As in diffusers, {@code shift} acts twice: once on the ends of the ladder and once on the ladder between them. Keys: {@code
 * num_train_timesteps, shift, use_dynamic_shifting} (the run then needs mu), {@code time_shift_type} (exponential, linear), {@code
 * shift_terminal, invert_sigmas, use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas, stochastic_sampling}; {@code
 * base_shift, max_shift, base_image_seq_len, max_image_seq_len} are for {@link #mu}. Runs take chosen sigmas and timesteps.
 */
public final class FlowMatchEulerDiscreteScheduler implements Scheduler {
  static final String NAME = "FlowMatchEulerDiscreteScheduler";

  private final SchedulerConfig config;
  private final int trainCount;
  private final boolean dynamic;
  private final Ladder ladder;
  private final boolean inverted;
  private final boolean stochastic;

  /** Reads the configuration. */
  public FlowMatchEulerDiscreteScheduler(SchedulerConfig config) {
    this.config = config;
    this.trainCount = Checks.trainCount(config, NAME, 1000);
    this.dynamic = config.flag("use_dynamic_shifting", false);
    config.choice(NAME, "time_shift_type", "exponential", "exponential", "linear");
    this.ladder = Ladder.read(config, NAME);
    this.inverted = config.flag("invert_sigmas", false);
    this.stochastic = config.flag("stochastic_sampling", false);
  }

  /** mu for a picture of so many tokens: linear between the two ends of the configuration, as the Flux pipelines do. */
  public double mu(int imageTokenCount) {
    double baseLength = config.number("base_image_seq_len", 256);
    double maxLength = config.number("max_image_seq_len", 4096);
    double baseShift = config.number("base_shift", 0.5);
    double maxShift = config.number("max_shift", 1.15);
    double slope = (maxShift - baseShift) / (maxLength - baseLength);
    return imageTokenCount * slope + (baseShift - slope * baseLength);
  }

  /** Whether a run needs {@code mu}. */
  public boolean needsMu() {
    return dynamic;
  }

  @Override
  public Schedule schedule(RunOptions options) {
    double[] sigmas = sigmas(options);
    FlowShift.apply(NAME, config, "shift", options, sigmas);
    if (ladder != Ladder.NONE) {
      sigmas = ladder.levels(sigmas[sigmas.length - 1], sigmas[0], sigmas.length);
    }
    Sigmas.floats(sigmas);
    if (inverted) {
      for (int i = 0; i < sigmas.length; i++) {
        sigmas[i] = (float) (1 - sigmas[i]);
      }
    }
    // Chosen times are only where the levels come from: the model is told those of the shifted
    // levels.
    return new Schedule(times(sigmas), false, Sigmas.withLast(sigmas, inverted ? 1 : 0), 1.0, 1);
  }

  /** Levels before they are shifted. */
  private double[] sigmas(RunOptions options) {
    double[] timesteps = options.timesteps();
    double[] sigmas = options.sigmas();
    if (timesteps != null && sigmas != null && timesteps.length != sigmas.length) {
      throw new SchedulerException(
          NAME,
          "sigmas",
          "chosen sigmas and timesteps are equally many, got "
              + sigmas.length
              + " and "
              + timesteps.length
              + ".");
    }
    if (sigmas != null) {
      return Sigmas.floats(sigmas);
    }
    if (timesteps == null) {
      timesteps =
          Spacing.linspace(end(trainCount) * trainCount, end(1) * trainCount, options.stepCount());
      for (int i = 0; i < timesteps.length; i++) {
        timesteps[i] /= trainCount;
      }
      return timesteps;
    }
    Sigmas.floats(timesteps);
    for (int i = 0; i < timesteps.length; i++) {
      timesteps[i] = (float) (timesteps[i] / trainCount);
    }
    return timesteps;
  }

  @Override
  public DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise) {
    Schedule schedule = schedule(options);
    Solver solver = new Flow(schedule.levels(), shape, noise);
    return new DiffusionRun(schedule, shape, solver, options.beginIndex());
  }

  private double[] times(double[] sigmas) {
    double[] times = new double[sigmas.length];
    for (int i = 0; i < times.length; i++) {
      times[i] = (float) sigmas[i] * (float) trainCount;
    }
    return times;
  }

  /** An end of the training ladder: t / T, shifted unless that depends on the resolution. */
  private double end(int t) {
    float sigma = (float) t / trainCount;
    if (dynamic) {
      return sigma;
    }
    double f = config.number("shift", 1.0);
    return (float) f * sigma / (1 + (float) (f - 1) * sigma);
  }

  /** x = (1 - sigma) x0 + sigma eps with sigma = t / T. */
  @Override
  public Marginal marginal(double timestep) {
    double sigma = timestep / trainCount;
    return new Marginal(1 - sigma, sigma);
  }

  /** The target of a flow: eps - x0, whatever the time. */
  @Override
  public void velocity(
      float[] original, float[] noise, double[] timesteps, SampleShape shape, float[] out) {
    Mix.into(out, 1, noise, -1, original);
  }

  private final class Flow implements Solver {
    private final float[] sigmas;
    private final NoiseSource noise;
    private final float[] z;

    Flow(float[] sigmas, SampleShape shape, NoiseSource noise) {
      this.sigmas = sigmas;
      this.noise = noise;
      this.z = new float[stochastic ? shape.length() : 0];
    }

    @Override
    public void step(float[] x, float[] m, int i) {
      double sigma = sigmas[i];
      double next = sigmas[i + 1];
      if (stochastic) {
        noise.randn(z);
        Mix.into(x, 1 - next, x, -(1 - next) * sigma, m, next, z);
      } else {
        Mix.into(x, 1, x, next - sigma, m);
      }
    }

    @Override
    public void original(float[] x, float[] m, int i, float[] out) {
      Mix.into(out, 1, x, -sigmas[i], m);
    }

    @Override
    public Marginal marginal(int i) {
      return new Marginal(1.0 - sigmas[i], sigmas[i]);
    }
  }
}
