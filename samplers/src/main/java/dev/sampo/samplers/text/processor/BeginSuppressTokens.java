package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;

/** Forbids tokens at one step only, the first. transformers' {@code SuppressTokensAtBeginLogitsProcessor}. */
public final class BeginSuppressTokens implements LogitsProcessor {
  private final int beginIndex;
  private final int[] tokenIds;

  /**
   * @param beginIndex length of the sequence at the step it acts on
   * @param tokenIds what is forbidden there
   */
  public BeginSuppressTokens(int beginIndex, int... tokenIds) {
    Checks.notNegative("begin_index", beginIndex);
    this.beginIndex = beginIndex;
    this.tokenIds = Checks.tokenIds("begin_suppress_tokens", tokenIds);
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    if (ids.length() == beginIndex) {
      SuppressTokens.suppress(tokenIds, scores, offset, length);
    }
  }
}
