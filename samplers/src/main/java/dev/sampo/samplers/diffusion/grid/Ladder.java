package dev.sampo.samplers.diffusion.grid;

import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import java.util.Arrays;

/** How noise levels are laid out between the highest and the lowest one, where a configuration asks for that in place of even times. */
public enum Ladder {
  /** Levels follow from the times. */
  NONE("", "no"),
  /** Karras et al. 2022, arXiv:2206.00364, eq. 5, rho = 7. */
  KARRAS("use_karras_sigmas", "karras"),
  /** Even steps in log sigma. */
  EXPONENTIAL("use_exponential_sigmas", "exponential"),
  /** Quantiles of Beta(0.6, 0.6). Lee et al. 2024, "Beta Sampling is All You Need", arXiv:2407.12173. */
  BETA("use_beta_sigmas", "beta"),
  /** Even in lambda over the whole table. Lu et al. 2022, arXiv:2206.00927, section 3.4. */
  LU("use_lu_lambdas", "lu"),
  /** Levels of a rectified flow. */
  FLOW("use_flow_sigmas", "flow"),
  /** A Karras ladder squeezed into a flow's range, s / (s + 1). */
  KARRAS_FLOW("use_flow_sigmas", "karras flow");

  private static final double RHO = 7.0;
  private static final double SHAPE = 0.6;

  private final String key;
  private final String word;

  Ladder(String key, String word) {
    this.key = key;
    this.word = word;
  }

  /**
   * The ladder that a configuration asks for.
   *
   * @param more what the algorithm knows beside Karras, exponential and beta ladders
   * @throws SchedulerException if two are asked for that do not go together
   */
  public static Ladder read(SchedulerConfig config, String scheduler, Ladder... more) {
    Ladder chosen = NONE;
    for (Ladder ladder : new Ladder[] {BETA, EXPONENTIAL, KARRAS, LU, FLOW}) {
      boolean known = ladder.ordinal() <= BETA.ordinal() || Arrays.asList(more).contains(ladder);
      if (!known || !config.flag(ladder.key, false)) {
        continue;
      }
      if (chosen == KARRAS && ladder == FLOW && Arrays.asList(more).contains(KARRAS_FLOW)) {
        return KARRAS_FLOW;
      }
      if (chosen != NONE) {
        throw new SchedulerException(
            scheduler,
            ladder.key,
            chosen.key + " and " + ladder.key + " do not go together. Set one of them to false.");
      }
      chosen = ladder;
    }
    return chosen;
  }

  /** The word for messages. */
  public String word() {
    return word;
  }

  /** Whether the levels are those of a flow. */
  public boolean isFlow() {
    return this == FLOW || this == KARRAS_FLOW;
  }

  /** So many levels between two ends, falling. */
  public double[] levels(double min, double max, int count) {
    return switch (this) {
      case KARRAS, KARRAS_FLOW -> karras(min, max, count);
      case EXPONENTIAL -> exponential(Math.log(min), Math.log(max), count);
      case LU -> exponential((float) Math.log(min), (float) Math.log(max), count);
      case BETA -> beta(min, max, count);
      default -> throw new IllegalStateException(this + " has no two ends.");
    };
  }

  private static double[] karras(double min, double max, int count) {
    double minRoot = Math.pow(min, 1 / RHO);
    double maxRoot = Math.pow(max, 1 / RHO);
    double[] sigmas = Spacing.linspace(0, 1, count);
    for (int i = 0; i < count; i++) {
      sigmas[i] = Math.pow(maxRoot + sigmas[i] * (minRoot - maxRoot), RHO);
    }
    return sigmas;
  }

  private static double[] exponential(double logMin, double logMax, int count) {
    double[] sigmas = Spacing.linspace(logMax, logMin, count);
    for (int i = 0; i < count; i++) {
      sigmas[i] = Math.exp(sigmas[i]);
    }
    return sigmas;
  }

  private static double[] beta(double min, double max, int count) {
    double[] sigmas = Spacing.linspace(0, 1, count);
    for (int i = 0; i < count; i++) {
      sigmas[i] = min + BetaQuantile.of(1 - sigmas[i], SHAPE, SHAPE) * (max - min);
    }
    return sigmas;
  }
}
