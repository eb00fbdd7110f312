package dev.sampo.tokenizer.postprocessor;

import java.util.List;

/** Adds special tokens around the sequences and puts them together. Stateless and thread-safe. */
public interface PostProcessor {
  /** How many tokens are added to one text, or to a pair. */
  int addedTokens(boolean pair);

  /** Whether the ids of a single text stay just as they are. */
  default boolean keepsIds(boolean addSpecialTokens) {
    return false;
  }

  /**
   * Works on one or two sequences (or on what an earlier post-processor made of them).
   *
   * @return parts that are put one after the other to make the result
   */
  List<EncodingDraft> process(List<EncodingDraft> encodings, boolean addSpecialTokens);
}
