package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.draw.Candidates;
import dev.sampo.samplers.text.draw.Rows;

/**
 * Keeps the k best tokens, and whatever ties with the last of them. transformers' {@code TopKLogitsWarper}; Fan et al. 2018,
 * arXiv:1805.04833.
 *
 * @param topK at least 1
 * @param minTokensToKeep lower limit of what is kept; 1 unless beams are sampled
 */
public record TopK(int topK, int minTokensToKeep) implements CandidateFilter {
  public TopK {
    Checks.positive("top_k", topK);
    Checks.minTokensToKeep(minTokensToKeep);
  }

  public TopK(int topK) {
    this(topK, 1);
  }

  int effective() {
    return Math.max(topK, minTokensToKeep);
  }

  @Override
  public void filter(Candidates candidates) {
    if (effective() >= candidates.count()) {
      return;
    }
    float bound = candidates.kthLargest(effective());
    for (int i = 0; i < candidates.count(); i++) {
      if (candidates.score(i) < bound) {
        candidates.remove(i);
      }
    }
    candidates.compact();
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    float bound = Rows.kthLargest(scores, offset, length, Math.min(effective(), length));
    for (int i = offset; i < offset + length; i++) {
      scores[i] = scores[i] < bound ? Float.NEGATIVE_INFINITY : scores[i];
    }
  }
}
