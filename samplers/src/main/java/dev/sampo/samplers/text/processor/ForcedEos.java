package dev.sampo.samplers.text.processor;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;
import java.util.Arrays;

/** Forces an end token as the last one before the maximal length. transformers' {@code ForcedEOSTokenLogitsProcessor}. */
public final class ForcedEos implements LogitsProcessor {
  private final int maxLength;
  private final int[] eosTokenIds;

  /**
   * @param maxLength maximal number of ids, prompt included
   * @param eosTokenIds what is allowed as the last
   */
  public ForcedEos(int maxLength, int... eosTokenIds) {
    Checks.positive("max_length", maxLength);
    this.maxLength = maxLength;
    this.eosTokenIds = Checks.tokenIds("forced_eos_token_id", eosTokenIds);
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    if (ids.length() == maxLength - 1) {
      force(eosTokenIds, "forced_eos_token_id", scores, offset, length);
    }
  }

  static void force(int[] tokenIds, String name, float[] scores, int offset, int length) {
    Arrays.fill(scores, offset, offset + length, Float.NEGATIVE_INFINITY);
    for (int id : tokenIds) {
      if (id >= length) {
        throw new RequestException(
            null, name + " " + id + " is not in the vocabulary of " + length + " tokens.");
      }
      scores[offset + id] = 0;
    }
  }
}
