package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;

/**
 * Forbids tokens that would repeat an n-gram of the row, prompt and left padding included. transformers'
 * {@code NoRepeatNGramLogitsProcessor}.
 *
 * @param ngramSize at least 1
 */
public record NoRepeatNgram(int ngramSize) implements LogitsProcessor {
  public NoRepeatNgram {
    Checks.positive("no_repeat_ngram_size", ngramSize);
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    int count = ids.length();
    int prefix = count + 1 - ngramSize;
    for (int start = 0; start + ngramSize <= count; start++) {
      int matched = 0;
      while (matched < ngramSize - 1 && ids.id(start + matched) == ids.id(prefix + matched)) {
        matched++;
      }
      int id = ids.id(start + ngramSize - 1);
      if (matched == ngramSize - 1 && id < length) {
        scores[offset + id] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
