package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.draw.Candidates;

/**
 * Drops tokens with a probability below min(epsilon, sqrt(epsilon) exp(-entropy)). transformers' {@code EtaLogitsWarper}; Hewitt et al.
 * 2022, arXiv:2210.15191.
 *
 * @param epsilon between 0 and 1
 * @param minTokensToKeep that many best tokens are always kept
 */
public record EtaCutoff(double epsilon, int minTokensToKeep) implements CandidateFilter {
  public EtaCutoff {
    Checks.open("eta_cutoff", epsilon, 0, 1);
    Checks.minTokensToKeep(minTokensToKeep);
  }

  public EtaCutoff(double epsilon) {
    this(epsilon, 1);
  }

  @Override
  public void filter(Candidates candidates) {
    float[] p = candidates.probabilities();
    double shift = candidates.logSumExp();
    double entropy = 0;
    for (int i = 0; i < candidates.count(); i++) {
      entropy -= (candidates.score(i) - shift) * p[i];
    }
    double eta = Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy));
    EpsilonCutoff.dropBelow(candidates, (float) eta, minTokensToKeep);
  }
}
