package dev.sampo.samplers.text;

/** Turns scores into log-probabilities again after others changed them. transformers' {@code LogitNormalization}. */
public record Renormalize() implements CandidateFilter {
  @Override
  public void filter(Candidates candidates) {
    double shift = Candidates.logSumExp(candidates);
    for (int i = 0; i < candidates.count(); i++) {
      candidates.setScore(i, (float) (candidates.score(i) - shift));
    }
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    Rows.logSoftmax(scores, offset, length);
  }
}
