package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;

/**
 * Forbids the end tokens until the whole sequence, prompt included, has a length. transformers' {@code MinLengthLogitsProcessor}.
 */
public final class MinLength implements LogitsProcessor {
  private final int minLength;
  private final int[] eosTokenIds;

  /**
   * @param minLength least number of ids, prompt and padding included
   * @param eosTokenIds the end tokens
   */
  public MinLength(int minLength, int... eosTokenIds) {
    Checks.notNegative("min_length", minLength);
    this.minLength = minLength;
    this.eosTokenIds = Checks.tokenIds("eos_token_id", eosTokenIds);
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    if (ids.length() < minLength) {
      SuppressTokens.suppress(eosTokenIds, scores, offset, length);
    }
  }
}
