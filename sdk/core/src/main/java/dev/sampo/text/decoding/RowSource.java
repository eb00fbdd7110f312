package dev.sampo.text.decoding;

import org.jspecify.annotations.Nullable;

/**
 * A generator whose requests can take steps together.
 *
 * @param <Q> requests
 * @param <A> results
 */
public interface RowSource<Q, A> {
  /** The model whose rows they are. */
  TextModel model();

  /**
   * A request as rows; null if it has to run alone.
   *
   * @param maxRows most rows that it may have
   * @throws dev.sampo.error.RequestException if its options contradict each other or do not go with the model
   */
  @Nullable RowGroup<A> rows(Q request, int maxRows);
}
