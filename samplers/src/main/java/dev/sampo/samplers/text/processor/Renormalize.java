package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.draw.Candidates;
import dev.sampo.samplers.text.draw.Rows;

/** Turns scores into log-probabilities again after others changed them. transformers' {@code LogitNormalization}. */
public record Renormalize() implements CandidateFilter {
  @Override
  public void filter(Candidates candidates) {
    double shift = candidates.logSumExp();
    for (int i = 0; i < candidates.count(); i++) {
      candidates.setScore(i, (float) (candidates.score(i) - shift));
    }
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    Rows.logSoftmax(scores, offset, length);
  }
}
