package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.PredictionType;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import dev.sampo.samplers.diffusion.grid.NoiseTable;
import dev.sampo.samplers.diffusion.grid.Sigmas;
import dev.sampo.samplers.diffusion.grid.Spacing;
import dev.sampo.samplers.diffusion.math.OriginalFilter;

/**
 * What the multistep and singlestep DPM solvers read alike: {@code algorithm_type} ({@code deis} counts as {@code dpmsolver++}),
 * {@code solver_type} ({@code logrho, bh1, bh2} count as {@code midpoint}), {@code solver_order, final_sigmas_type,
 * lambda_min_clipped, use_karras_sigmas} and the like.
 */
record DpmConfig(
    String scheduler,
    SchedulerConfig config,
    NoiseTable table,
    PredictionType prediction,
    OriginalFilter.Settings filter,
    String algorithm,
    String solverType,
    int order,
    boolean lowerOrderFinal,
    boolean lastIsZero,
    String ladder,
    double lambdaMin,
    boolean learnedVariance) {

  static DpmConfig read(SchedulerConfig config, String scheduler, boolean lu) {
    String algorithm =
        config.choice(
            scheduler,
            "algorithm_type",
            "dpmsolver++",
            "dpmsolver",
            "dpmsolver++",
            "sde-dpmsolver",
            "sde-dpmsolver++",
            "deis");
    algorithm = algorithm.equals("deis") ? "dpmsolver++" : algorithm;
    String solverType =
        config.choice(
            scheduler, "solver_type", "midpoint", "midpoint", "heun", "logrho", "bh1", "bh2");
    int order = order(config, scheduler);
    String last = config.choice(scheduler, "final_sigmas_type", "zero", "zero", "sigma_min");
    if (!algorithm.endsWith("++") && last.equals("zero")) {
      throw new SchedulerException(
          scheduler,
          "final_sigmas_type",
          "final_sigmas_type 'zero' does not go with algorithm_type '"
              + algorithm
              + "'. Set final_sigmas_type to sigma_min.");
    }
    String ladder = Sigmas.ladder(config, scheduler, lu, true);
    if (ladder.equals("karras+flow")) {
      throw new SchedulerException(
          scheduler,
          "use_flow_sigmas",
          "use_karras_sigmas and use_flow_sigmas do not go together.");
    }
    String variance = config.text("variance_type", "none");
    return new DpmConfig(
        scheduler,
        config,
        NoiseTable.read(config, scheduler, 0.0001, 0.02, true),
        PredictionType.read(config, scheduler, PredictionType.values()),
        OriginalFilter.Settings.thresholding(config),
        algorithm,
        solverType.equals("heun") ? "heun" : "midpoint",
        order,
        config.flag("lower_order_final", true),
        last.equals("zero"),
        ladder,
        config.number("lambda_min_clipped", Double.NEGATIVE_INFINITY),
        variance.startsWith("learned"));
  }

  static int order(SchedulerConfig config, String scheduler) {
    int order = config.integer("solver_order", 2);
    if (order < 1 || order > 3) {
      throw new SchedulerException(
          scheduler, "solver_order", "solver_order is 1, 2 or 3, got " + order + ".");
    }
    return order;
  }

  boolean isFlow() {
    return ladder.equals("flow");
  }

  /** Whether the solver integrates x0 (the ++ kinds) or eps. */
  boolean predictsOriginal() {
    return algorithm.endsWith("++");
  }

  boolean isStochastic() {
    return algorithm.startsWith("sde");
  }

  double minSigma(float[] all) {
    return config.number("sigma_min", all[0]);
  }

  double maxSigma(float[] all) {
    return config.number("sigma_max", all[all.length - 1]);
  }

  /** Shift of a flow's noise levels; exp(mu) where it follows the resolution. */
  double flowShift(RunOptions options) {
    Double mu = options.mu();
    if (mu == null) {
      return config.number("flow_shift", 1.0);
    }
    if (!config.flag("use_dynamic_shifting", false)
        || !config.text("time_shift_type", "exponential").equals("exponential")) {
      throw new SchedulerException(
          scheduler,
          "mu",
          "mu needs use_dynamic_shifting = true and time_shift_type = 'exponential'.");
    }
    return Math.exp(mu);
  }

  /** Levels of a flow from 1 - 1/T down, shifted: f s / (1 + (f - 1) s). */
  double[] flowSigmas(RunOptions options) {
    int n = options.stepCount();
    double shift = flowShift(options);
    double[] alphas = Spacing.linspace(1, 1.0 / table.size(), n + 1);
    double[] sigmas = new double[n];
    for (int i = 0; i < n; i++) {
      double s = 1.0 - alphas[n - i];
      sigmas[i] = shift * s / (1 + (shift - 1) * s);
    }
    return sigmas;
  }
}
