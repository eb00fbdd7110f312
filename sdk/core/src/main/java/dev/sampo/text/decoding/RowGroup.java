package dev.sampo.text.decoding;

import dev.sampo.error.CancelledException;
import dev.sampo.runtime.CancellationToken;

/**
 * One request as rows that somebody else feeds: each step takes scores and gives tokens. Its rows go in step with each other, since they may share a
 * draw. One thread.
 *
 * @param <A> its result
 */
public interface RowGroup<A> {
  /** Ids of each prompt, without padding. */
  int[][] prompts();

  /** Ids of a row so far, its prompt without padding first. */
  int[] ids(int row);

  /** Rows a prompt: row {@code r} belongs to prompt {@code r / copies}. */
  int copies();

  /** Most ids that a row can come to. */
  int maxLength();

  CancellationToken token();

  /** The clock of the request's times. */
  long now();

  /** The prompts were read; reading began at {@code begin}. */
  void promptsRead(long begin);

  /** Where the scores of all rows go before {@link #step}, row after row; those of rows that ended are not looked at. */
  float[] scores();

  /** Chooses a token for each row that has not ended; the ids are valid until the next step. What a processor or listener throws comes out. */
  int[] step();

  boolean hasEnded(int row);

  /** Whether all rows have. */
  boolean isDone();

  /** The result of rows that have ended. */
  A result();

  /** What to throw for rows that were given up, with what is there by now. */
  CancelledException cancelled(CancelledException cause);
}
