package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.text.TokenSequence;

/** Replaces NaN by 0 and infinities by the largest finite numbers. transformers' {@code InfNanRemoveLogitsProcessor}. */
public record RemoveInvalidValues() implements LogitsProcessor {
  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      float score = scores[i];
      if (Float.isNaN(score)) {
        scores[i] = 0;
      } else if (Float.isInfinite(score)) {
        scores[i] = score > 0 ? Float.MAX_VALUE : -Float.MAX_VALUE;
      }
    }
  }
}
