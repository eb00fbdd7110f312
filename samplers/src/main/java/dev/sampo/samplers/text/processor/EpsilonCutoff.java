package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.draw.Candidates;

/**
 * Drops tokens with a probability below epsilon. transformers' {@code EpsilonLogitsWarper}; Hewitt et al. 2022, arXiv:2210.15191.
 *
 * @param epsilon between 0 and 1
 * @param minTokensToKeep that many best tokens are always kept
 */
public record EpsilonCutoff(double epsilon, int minTokensToKeep) implements CandidateFilter {
  public EpsilonCutoff {
    Checks.open("epsilon_cutoff", epsilon, 0, 1);
    Checks.minTokensToKeep(minTokensToKeep);
  }

  public EpsilonCutoff(double epsilon) {
    this(epsilon, 1);
  }

  @Override
  public void filter(Candidates candidates) {
    dropBelow(candidates, (float) epsilon, minTokensToKeep);
  }

  static void dropBelow(Candidates candidates, float probability, int minTokensToKeep) {
    float kept = candidates.kthLargest(minTokensToKeep);
    float[] p = candidates.probabilities();
    for (int i = 0; i < candidates.count(); i++) {
      if (p[i] < probability && candidates.score(i) < kept) {
        candidates.remove(i);
      }
    }
    candidates.compact();
  }
}
