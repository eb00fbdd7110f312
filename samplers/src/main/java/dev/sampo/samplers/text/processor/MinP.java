package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.draw.Candidates;

/**
 * Drops tokens less probable than {@code minP} times the best one. transformers' {@code MinPLogitsWarper}; Nguyen et al. 2024,
 * arXiv:2407.01082.
 *
 * @param minP from 0 to 1
 * @param minTokensToKeep lower limit of what is kept; 1 unless beams are sampled
 */
public record MinP(double minP, int minTokensToKeep) implements CandidateFilter {
  public MinP {
    Checks.between("min_p", minP, 0, 1);
    Checks.minTokensToKeep(minTokensToKeep);
  }

  public MinP(double minP) {
    this(minP, 1);
  }

  @Override
  public void filter(Candidates candidates) {
    float kept = candidates.kthLargest(minTokensToKeep);
    float[] p = candidates.probabilities();
    float top = 0;
    for (int i = 0; i < candidates.count(); i++) {
      top = Math.max(top, p[i]);
    }
    float bound = (float) minP * top;
    for (int i = 0; i < candidates.count(); i++) {
      if (p[i] < bound && candidates.score(i) < kept) {
        candidates.remove(i);
      }
    }
    candidates.compact();
  }
}
