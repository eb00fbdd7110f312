package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.SchedulerConfig;

/** {@code algorithm_type} of the DPM solvers: what is integrated, and whether the SDE or the ODE is followed. */
enum DpmAlgorithm {
  /** The ODE in eps. Lu et al. 2022, arXiv:2206.00927. */
  DPMSOLVER("dpmsolver"),
  /** The ODE in x0. Lu et al. 2022, arXiv:2211.01095. */
  DPMSOLVER_PP("dpmsolver++"),
  /** The SDE in eps. */
  SDE_DPMSOLVER("sde-dpmsolver"),
  /** The SDE in x0. Lu et al. 2022, arXiv:2211.01095, section 5. */
  SDE_DPMSOLVER_PP("sde-dpmsolver++");

  private final String word;

  DpmAlgorithm(String word) {
    this.word = word;
  }

  /** The configuration's algorithm; {@code deis} counts as {@code dpmsolver++}. */
  static DpmAlgorithm read(SchedulerConfig config, String scheduler, DpmAlgorithm... allowed) {
    String[] words = new String[allowed.length + 1];
    for (int i = 0; i < allowed.length; i++) {
      words[i] = allowed[i].word;
    }
    words[allowed.length] = "deis";
    String chosen = config.choice(scheduler, "algorithm_type", DPMSOLVER_PP.word, words);
    for (DpmAlgorithm algorithm : allowed) {
      if (algorithm.word.equals(chosen)) {
        return algorithm;
      }
    }
    return DPMSOLVER_PP;
  }

  /** The spelling of the configuration file. */
  String word() {
    return word;
  }

  /** Whether x0 is integrated (the ++ kinds) or eps. */
  boolean predictsOriginal() {
    return this == DPMSOLVER_PP || this == SDE_DPMSOLVER_PP;
  }

  /** Whether noise is drawn at every call. */
  boolean isStochastic() {
    return this == SDE_DPMSOLVER || this == SDE_DPMSOLVER_PP;
  }
}
