package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.PredictionType;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import dev.sampo.samplers.diffusion.grid.Ladder;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.math.Levels;
import dev.sampo.samplers.diffusion.math.OriginalFilter;

/**
 * What the multistep and singlestep DPM solvers read alike: {@code algorithm_type} ({@code deis} counts as {@code dpmsolver++}),
 * {@code solver_type} ({@code logrho, bh1, bh2} count as {@code midpoint}), {@code solver_order, final_sigmas_type, use_karras_sigmas} and the
 * like.
 */
record DpmConfig(
    String scheduler,
    NoiseTable table,
    PredictionType prediction,
    OriginalFilter.Settings filter,
    DpmAlgorithm algorithm,
    boolean midpoint,
    int order,
    boolean lowerOrderFinal,
    boolean lastIsZero,
    Ladder ladder,
    boolean learnedVariance) {

  static DpmConfig read(
      SchedulerConfig config, String scheduler, NoiseTable.ZeroSnr zeroSnr, Ladder... more) {
    DpmAlgorithm algorithm = DpmAlgorithm.read(config, scheduler, DpmAlgorithm.values());
    String last = config.choice(scheduler, "final_sigmas_type", "zero", "zero", "sigma_min");
    if (!algorithm.predictsOriginal() && last.equals("zero")) {
      throw new SchedulerException(
          scheduler,
          "final_sigmas_type",
          "final_sigmas_type 'zero' does not go with algorithm_type '"
              + algorithm.word()
              + "'. Set final_sigmas_type to sigma_min.");
    }
    return new DpmConfig(
        scheduler,
        NoiseTable.read(config, scheduler, zeroSnr),
        PredictionType.read(config, scheduler, PredictionType.values()),
        OriginalFilter.Settings.thresholding(config),
        algorithm,
        midpoint(config, scheduler),
        order(config, scheduler),
        config.flag("lower_order_final", true),
        last.equals("zero"),
        Ladder.read(config, scheduler, more),
        config.text("variance_type", "none").startsWith("learned"));
  }

  static boolean midpoint(SchedulerConfig config, String scheduler) {
    String[] words = {"midpoint", "heun", "logrho", "bh1", "bh2"};
    return !config.choice(scheduler, "solver_type", "midpoint", words).equals("heun");
  }

  static int order(SchedulerConfig config, String scheduler) {
    int order = config.integer("solver_order", 2);
    if (order < 1 || order > 3) {
      throw new SchedulerException(
          scheduler, "solver_order", "solver_order is 1, 2 or 3, got " + order + ".");
    }
    return order;
  }

  /** alpha, sigma and lambda at the levels of a run. */
  Levels levels(float[] sigmas) {
    return new Levels(sigmas, ladder.isFlow() ? Levels.Kind.FLOW : Levels.Kind.DIFFUSION);
  }
}
