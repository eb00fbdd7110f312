package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;

/** Forbids the end tokens until so many tokens were generated. transformers' {@code MinNewTokensLengthLogitsProcessor}. */
public final class MinNewTokens implements LogitsProcessor {
  private final int promptLengthToSkip;
  private final int minNewTokens;
  private final int[] eosTokenIds;

  /**
   * @param promptLengthToSkip length of the prompt, padding included
   * @param minNewTokens least number of generated tokens
   * @param eosTokenIds the end tokens
   */
  public MinNewTokens(int promptLengthToSkip, int minNewTokens, int... eosTokenIds) {
    Checks.notNegative("prompt_length_to_skip", promptLengthToSkip);
    Checks.notNegative("min_new_tokens", minNewTokens);
    this.promptLengthToSkip = promptLengthToSkip;
    this.minNewTokens = minNewTokens;
    this.eosTokenIds = Checks.tokenIds("eos_token_id", eosTokenIds);
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    if (ids.length() - promptLengthToSkip < minNewTokens) {
      SuppressTokens.suppress(eosTokenIds, scores, offset, length);
    }
  }
}
