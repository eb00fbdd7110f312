package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.text.TokenSequence;
import java.util.List;

/**
 * Changes the scores of the next token before one is chosen; transformers' class of the same name.
 *
 * <p>Implementations that hold no state may be shared between generations and threads; one that does must say so and belongs to
 * one generation. A forbidden token gets {@link Float#NEGATIVE_INFINITY}.
 */
public interface LogitsProcessor {
  /**
   * Changes the scores of one row in place.
   *
   * @param ids the ids of the row so far
   * @param scores the scores; those of this row are at {@code offset} to {@code offset + length - 1}
   * @param offset where the row begins
   * @param length size of the vocabulary
   */
  void process(TokenSequence ids, float[] scores, int offset, int length);

  /**
   * Changes all rows of a step; row {@code r} begins at {@code r * length}. Override it only where rows depend on each other.
   *
   * @param rows one sequence a row
   * @param scores {@code rows.size() * length} scores
   * @param length size of the vocabulary
   */
  default void processAll(List<? extends TokenSequence> rows, float[] scores, int length) {
    for (int r = 0; r < rows.size(); r++) {
      process(rows.get(r), scores, r * length, length);
    }
  }
}
