package dev.sampo.embedding;

import dev.sampo.Timings;
import dev.sampo.error.RequestException;
import java.util.List;

/**
 * Scores of pairs of texts.
 *
 * @param scores [labels] for each pair, in the order of the request; null for a pair that cancelled work did not come to
 * @param labels what the scores are of
 * @param timings where the time went; its steps are pairs
 */
public record CrossEncoderResult(List<float[]> scores, List<String> labels, Timings timings) {
  /**
   * The scores of a model with one label, one a pair.
   *
   * @throws RequestException if it has several
   */
  public double[] single() {
    if (labels.size() != 1) {
      throw new RequestException(
          "model",
          "One score a pair is wanted, and the model has " + labels.size() + ": " + labels + ".");
    }
    double[] all = new double[scores.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = scores.get(i)[0];
    }
    return all;
  }
}
