package dev.sampo.samplers.text;

/**
 * The ids of one row so far, read-only: left padding, prompt and what was generated, as transformers' {@code input_ids} of
 * that row. For an encoder-decoder these are the decoder's ids. It is a view of a running generation: do not keep it.
 */
public interface TokenSequence {
  /** Number of ids, padding and prompt included. */
  int length();

  /** The id at a position, from 0 to {@code length() - 1}. */
  int id(int position);

  /** Number of ids that were there before the first generated one, padding included. */
  int promptLength();

  /** Index of the prompt of this row in the batch. With beams several rows have the same. */
  int batchIndex();

  /** Number of ids generated so far. */
  default int generatedLength() {
    return length() - promptLength();
  }

  /** The last {@code count} ids end with {@code suffix}'s first {@code count} ids, in order. */
  default boolean endsWith(int[] suffix, int count) {
    int start = length() - count;
    if (start < 0) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      if (id(start + i) != suffix[i]) {
        return false;
      }
    }
    return true;
  }

  /** A copy of all ids. */
  default int[] toArray() {
    int[] copy = new int[length()];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = id(i);
    }
    return copy;
  }
}
