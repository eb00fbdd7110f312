package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.draw.Candidates;
import dev.sampo.samplers.text.draw.Rows;

/**
 * Divides every score: below 1 the distribution gets sharper, above 1 flatter. transformers' {@code TemperatureLogitsWarper}.
 *
 * @param temperature greater than 0
 */
public record Temperature(float temperature) implements CandidateFilter {
  public Temperature {
    Checks.positive("temperature", temperature);
  }

  @Override
  public void filter(Candidates candidates) {
    for (int i = 0; i < candidates.count(); i++) {
      candidates.setScore(i, candidates.score(i) / temperature);
    }
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    Rows.divide(scores, offset, length, temperature);
  }
}
