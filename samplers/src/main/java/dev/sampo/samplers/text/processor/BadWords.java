package dev.sampo.samplers.text.processor;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;
import java.util.ArrayList;
import java.util.List;

/**
 * Forbids token sequences: the last token of one may not follow the others. A sequence that is just an end token is left out.
 * transformers' {@code NoBadWordsLogitsProcessor}.
 */
public final class BadWords implements LogitsProcessor {
  private final int[][] sequences;

  /**
   * @param badWordsIds the forbidden sequences
   * @param eosTokenIds end tokens, may be empty
   */
  public BadWords(int[][] badWordsIds, int... eosTokenIds) {
    List<int[]> kept = new ArrayList<>();
    for (int[] word : badWordsIds) {
      if (word.length == 0) {
        throw new RequestException(null, "bad_words_ids has an empty sequence.");
      }
      if (word.length > 1 || !contains(eosTokenIds, word[0])) {
        kept.add(Checks.tokenIds("bad_words_ids", word));
      }
    }
    sequences = kept.toArray(new int[0][]);
  }

  private static boolean contains(int[] ids, int id) {
    for (int candidate : ids) {
      if (candidate == id) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    for (int[] sequence : sequences) {
      int last = sequence[sequence.length - 1];
      if (last < length && SequenceBias.completes(sequence, ids)) {
        scores[offset + last] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
