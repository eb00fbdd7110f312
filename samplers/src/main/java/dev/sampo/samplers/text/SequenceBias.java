package dev.sampo.samplers.text;

/**
 * Adds a bias to tokens that would complete a sequence; a sequence of one token always gets it. What applies to the same token adds up.
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
      throw new IllegalArgumentException(
          "sequence_bias has " + sequences.length + " sequences but " + biases.length + " biases.");
    }
    this.sequences = new int[sequences.length][];
    for (int i = 0; i < sequences.length; i++) {
      if (sequences[i].length == 0) {
        throw new IllegalArgumentException("Sequence " + i + " of sequence_bias is empty.");
      }
      this.sequences[i] = Checks.tokenIds("sequence_bias", sequences[i]);
    }
    this.biases = biases.clone();
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    for (int s = 0; s < sequences.length; s++) {
      int[] sequence = sequences[s];
      int last = sequence[sequence.length - 1];
      if (last >= length) {
        throw new IllegalArgumentException(
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
