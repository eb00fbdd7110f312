package dev.sampo.samplers.text;

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
    candidates.sortAscending(candidates.scores());
    float[] p = candidates.probabilities();
    float bound = (float) (1 - topP);
    double sum = 0;
    int droppable = candidates.count() - minTokensToKeep;
    for (int n = 0; n < droppable; n++) {
      sum += p[candidates.at(n)];
      if (!((float) sum <= bound)) {
        break;
      }
      candidates.remove(candidates.at(n));
    }
    candidates.compact();
  }
}
