package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;

/**
 * Raises the scores of the end tokens ever more once a length is passed: score + |score| (factor^(length - start) - 1). transformers'
 * {@code ExponentialDecayLengthPenalty}.
 */
public final class ExponentialDecayLengthPenalty implements LogitsProcessor {
  private final int start;
  private final double factor;
  private final int[] eosTokenIds;

  /**
   * @param startIndex number of generated tokens after which it begins
   * @param factor base of the power
   * @param promptLength length of the prompt, padding included
   * @param eosTokenIds the end tokens
   */
  public ExponentialDecayLengthPenalty(
      int startIndex, double factor, int promptLength, int... eosTokenIds) {
    this.start = startIndex + promptLength;
    this.factor = factor;
    this.eosTokenIds = Checks.tokenIds("eos_token_id", eosTokenIds);
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    if (ids.length() <= start) {
      return;
    }
    float growth = (float) (Math.pow(factor, ids.length() - start) - 1);
    for (int id : eosTokenIds) {
      if (id < length) {
        scores[offset + id] += Math.abs(scores[offset + id]) * growth;
      }
    }
  }
}
