package dev.sampo.samplers.text.processor;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds a bias to tokens that would complete a sequence; a sequence of one token always gets it. What applies to the same token adds up; of
 * two biases for the same sequence the later one holds.
 * transformers' {@code SequenceBiasLogitsProcessor}. As there (up to 5.17), a sequence with more tokens than there are ids is left out,
 * even where its last token would be the next.
 */
public final class SequenceBias implements LogitsProcessor {
  private final int[][] sequences;
  private final float[] biases;

  /**
   * @param sequences token sequences, none empty
   * @param biases one a sequence
   */
  public SequenceBias(int[][] sequences, float[] biases) {
    if (sequences.length != biases.length) {
      throw new RequestException(
          null,
          "sequence_bias has " + sequences.length + " sequences but " + biases.length + " biases.");
    }
    Map<List<Integer>, Float> distinct = new LinkedHashMap<>();
    for (int i = 0; i < sequences.length; i++) {
      if (sequences[i].length == 0) {
        throw new RequestException(null, "Sequence " + i + " of sequence_bias is empty.");
      }
      List<Integer> key = new ArrayList<>();
      for (int id : Checks.tokenIds("sequence_bias", sequences[i])) {
        key.add(id);
      }
      distinct.put(key, biases[i]);
    }
    this.sequences = new int[distinct.size()][];
    this.biases = new float[distinct.size()];
    int n = 0;
    for (Map.Entry<List<Integer>, Float> entry : distinct.entrySet()) {
      this.sequences[n] = new int[entry.getKey().size()];
      for (int i = 0; i < this.sequences[n].length; i++) {
        this.sequences[n][i] = entry.getKey().get(i);
      }
      this.biases[n++] = entry.getValue();
    }
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    for (int s = 0; s < sequences.length; s++) {
      int[] sequence = sequences[s];
      int last = sequence[sequence.length - 1];
      if (last >= length) {
        throw new RequestException(
            null,
            "Token "
                + last
                + " of sequence_bias is not in the vocabulary of "
                + length
                + " tokens.");
      }
      if (completes(sequence, ids)) {
        scores[offset + last] += biases[s];
      }
    }
  }

  /** Whether the next token may be the last of the sequence. */
  static boolean completes(int[] sequence, TokenSequence ids) {
    return sequence.length == 1
        || sequence.length <= ids.length() && ids.endsWith(sequence, sequence.length - 1);
  }
}
