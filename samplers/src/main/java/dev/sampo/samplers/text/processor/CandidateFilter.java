package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.draw.Candidates;

/**
 * A processor that looks at nothing but the scores that are left, so that it may run on {@link Candidates} in place of a whole row:
 * transformers' "warpers". A chain of them after a top-k works on a few dozen scores.
 */
public interface CandidateFilter extends LogitsProcessor {
  /** Changes or drops candidates. */
  void filter(Candidates candidates);

  @Override
  default void process(TokenSequence ids, float[] scores, int offset, int length) {
    Candidates candidates = CandidatesOfThread.get();
    candidates.load(scores, offset, length);
    filter(candidates);
    candidates.store(scores, offset, length);
  }
}
