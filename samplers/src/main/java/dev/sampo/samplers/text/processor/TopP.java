package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.draw.Candidates;

/**
 * Nucleus sampling: keeps the smallest set of best tokens whose probability reaches p. transformers' {@code TopPLogitsWarper}; Holtzman
 * et al. 2019, arXiv:1904.09751. As the reference does it: from the worst token up, one is dropped while the running sum is at most
 * 1 - p.
 *
 * @param topP from 0 to 1
 * @param minTokensToKeep lower limit of what is kept; 1 unless beams are sampled
 */
public record TopP(double topP, int minTokensToKeep) implements CandidateFilter {
  public TopP {
    Checks.between("top_p", topP, 0, 1);
    Checks.minTokensToKeep(minTokensToKeep);
  }

  public TopP(double topP) {
    this(topP, 1);
  }

  @Override
  public void filter(Candidates candidates) {
    candidates.keepNucleus(topP, minTokensToKeep);
  }
}
