package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;

/** Forbids tokens at every step. transformers' {@code SuppressTokensLogitsProcessor}. */
public final class SuppressTokens implements LogitsProcessor {
  private final int[] tokenIds;

  public SuppressTokens(int... tokenIds) {
    this.tokenIds = Checks.tokenIds("suppress_tokens", tokenIds);
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    suppress(tokenIds, scores, offset, length);
  }

  /** Ids outside the vocabulary are passed over, as in the reference. */
  static void suppress(int[] tokenIds, float[] scores, int offset, int length) {
    for (int id : tokenIds) {
      if (id < length) {
        scores[offset + id] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
