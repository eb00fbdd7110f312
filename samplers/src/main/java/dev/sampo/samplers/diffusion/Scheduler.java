package dev.sampo.samplers.diffusion;

import dev.sampo.samplers.random.NoiseSource;

/**
 * A sampler of diffusion models: immutable, made from a configuration, shared between threads. Implement it to add another one.
 */
public interface Scheduler {

  /**
   * A fresh single-use run.
   *
   * @param options how many steps, or which, and what the algorithm can be told for a run
   * @param shape the shape of the sample
   * @param noise where a stochastic algorithm draws from, in the reference's order
   * @throws SchedulerException if the options do not go with the algorithm or its configuration
   */
  DiffusionRun start(RunOptions options, SampleShape shape, NoiseSource noise);

  /**
   * When the model is called in a run with these options, and with how much noise it begins; nothing is drawn and no sample is needed.
   *
   * @throws SchedulerException as {@link #start} does
   */
  default Schedule schedule(RunOptions options) {
    return start(options.withBeginIndex(0), new SampleShape(1, 1, 1), (out, offset, count) -> {})
        .schedule();
  }

  /**
   * Whether the model's answer may hold twice the sample's channels, the second half being variances: where the configuration's {@code
   * variance_type} is {@code learned} or {@code learned_range} and the algorithm knows them. Otherwise the caller hands over the first half.
   */
  default boolean takesVariance() {
    return false;
  }

  /** The forward process at a time of training, x_t = alpha x0 + sigma eps. */
  Marginal marginal(double timestep);

  /** x_t of a batch of clean samples, each at its own time of training. */
  default void addNoise(
      float[] original, float[] noise, double[] timesteps, SampleShape shape, float[] out) {
    int n = shape.sampleLength();
    for (int b = 0; b < shape.batch(); b++) {
      marginal(timesteps[b]).addNoise(original, noise, out, b * n, (b + 1) * n);
    }
  }

  /**
   * The targets of v-prediction of a batch of clean samples, each at its own time of training: v = alpha eps - sigma x0 with
   * alpha^2 + sigma^2 = 1.
   *
   * @throws SchedulerException if the algorithm has no such target
   */
  default void velocity(
      float[] original, float[] noise, double[] timesteps, SampleShape shape, float[] out) {
    int n = shape.sampleLength();
    for (int b = 0; b < shape.batch(); b++) {
      Marginal m = marginal(timesteps[b]);
      // Sigma-space schedulers have alpha = 1: brought back to unit variance.
      double norm = Math.hypot(m.alpha(), m.sigma());
      Marginal unit = new Marginal(m.alpha() / norm, -m.sigma() / norm);
      unit.addNoise(noise, original, out, b * n, (b + 1) * n);
    }
  }
}
