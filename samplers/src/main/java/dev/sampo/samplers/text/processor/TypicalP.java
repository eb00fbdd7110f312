package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.draw.Candidates;

/**
 * Locally typical sampling: keeps the tokens whose information is nearest to the entropy, until their mass is reached.
 * transformers' {@code TypicalLogitsWarper}; Meister et al. 2022, arXiv:2202.00666.
 *
 * @param mass between 0 and 1
 * @param minTokensToKeep lower limit of what is kept; 1 unless beams are sampled
 */
public record TypicalP(double mass, int minTokensToKeep) implements CandidateFilter {
  public TypicalP {
    Checks.open("typical_p", mass, 0, 1);
    Checks.minTokensToKeep(minTokensToKeep);
  }

  public TypicalP(double mass) {
    this(mass, 1);
  }

  @Override
  public void filter(Candidates candidates) {
    int count = candidates.count();
    if (count == 0) {
      return;
    }
    float[] p = candidates.probabilities();
    double shift = candidates.logSumExp();
    double entropy = 0;
    for (int i = 0; i < count; i++) {
      entropy -= (candidates.score(i) - shift) * p[i];
    }
    float[] distance = new float[count];
    for (int i = 0; i < count; i++) {
      distance[i] = Math.abs((float) (shift - candidates.score(i)) - (float) entropy);
    }
    candidates.sortAscending(distance);
    float bound = (float) mass;
    double sum = 0;
    int last = 0;
    for (; last < count - 1; last++) {
      sum += p[candidates.at(last)];
      if (!((float) sum < bound)) {
        break;
      }
    }
    float farthest = distance[candidates.at(last)];
    for (int n = minTokensToKeep; n < count; n++) {
      if (distance[candidates.at(n)] > farthest) {
        candidates.remove(candidates.at(n));
      }
    }
    candidates.compact();
  }
}
