package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;

/** Forces the first token of a decoder whose sequence holds just one id. transformers' {@code ForcedBOSTokenLogitsProcessor}. */
public record ForcedBos(int bosTokenId) implements LogitsProcessor {
  public ForcedBos {
    Checks.notNegative("forced_bos_token_id", bosTokenId);
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    if (ids.length() == 1) {
      ForcedEos.force(new int[] {bosTokenId}, "forced_bos_token_id", scores, offset, length);
    }
  }
}
