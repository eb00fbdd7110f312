package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;

/** Forbids tokens that would repeat an n-gram of the source. transformers' {@code EncoderNoRepeatNGramLogitsProcessor}. */
public final class EncoderNoRepeatNgram implements LogitsProcessor {
  private final int ngramSize;
  private final int[][] sources;

  /**
   * @param ngramSize at least 1
   * @param sources source ids, one row a batch entry
   */
  public EncoderNoRepeatNgram(int ngramSize, int[][] sources) {
    Checks.positive("encoder_no_repeat_ngram_size", ngramSize);
    this.ngramSize = ngramSize;
    this.sources = sources.clone();
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    int[] source = sources[ids.batchIndex()];
    int prefix = ids.length() + 1 - ngramSize;
    if (prefix < 0) {
      return;
    }
    for (int start = 0; start + ngramSize <= source.length; start++) {
      int matched = 0;
      while (matched < ngramSize - 1 && source[start + matched] == ids.id(prefix + matched)) {
        matched++;
      }
      int id = source[start + ngramSize - 1];
      if (matched == ngramSize - 1 && id < length) {
        scores[offset + id] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
