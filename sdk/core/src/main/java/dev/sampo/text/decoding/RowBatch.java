package dev.sampo.text.decoding;

import dev.sampo.runtime.CancellationToken;

/**
 * Rows of several requests that take their steps together, of any lengths: rows join after their prompts were read, and leave between steps. One thread;
 * close it. Rows are numbered from 0 without gaps; a row keeps no memory of the others.
 */
public interface RowBatch extends AutoCloseable {
  /** A state of one row that has read nothing; the caller closes it. */
  DecodingState newRow();

  /** Reads some ids of a prompt into a state of one row; the scores of the next token are then in it. */
  void read(DecodingState row, int[] ids, CancellationToken token);

  /** A state of its own with what another one of one row has read, scores not included; the caller closes it. */
  DecodingState copy(DecodingState row, CancellationToken token);

  /**
   * A state of its own with what a row of this has read, scores not included; the caller closes it.
   *
   * @param length ids that it has read
   */
  DecodingState copy(int row, int length, CancellationToken token);

  /** Adds rows behind those that are there, copies of a state of one row, which stays the caller's. */
  void join(DecodingState row, int copies, CancellationToken token);

  /** Makes row {@code i} the former row {@code rows[i]}; those not named leave. */
  void keep(int[] rows, CancellationToken token);

  /** A step: one id a row. */
  void feed(int[] ids, CancellationToken token);

  /** Copies the scores that a step gave a row. */
  void scores(int row, float[] target, int at);

  int rows();

  /** Bytes that the rows take now. */
  long bytes();

  /** Bytes that a row of so many ids takes. */
  long bytesOf(int length);

  @Override
  void close();
}
