package dev.sampo.text.decoding;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Tensor;
import java.io.IOException;
import java.util.List;

/**
 * Keys and values of one generation, bound to a prepared run of a decoder and owned here: none of its tensors outlives {@link #close()}, and
 * what a step no longer needs goes when the step is done. One thread.
 */
abstract class KeyValueCache implements AutoCloseable {
  /**
   * Gets ready for a run.
   *
   * @param rows rows of the run
   * @param from first position that it writes, of the row where that is the smallest
   * @param total positions of the longest row after it
   */
  abstract void begin(int rows, int from, int total);

  /** The run that {@link #begin} was for is done. */
  abstract void end();

  /**
   * Makes row {@code i} the former row {@code parents[i]}.
   *
   * @param length positions of the longest row
   */
  abstract void pickRows(int[] parents, int length, CancellationToken token);

  /**
   * A row of a cache.
   *
   * @param columns positions of the longest row of the cache
   * @param length positions of this row
   */
  record Row(KeyValueCache cache, int index, int columns, int length) {}

  /**
   * Adds rows behind those that are there, copies of a row of another cache of the model.
   *
   * @param rows rows that are there; with 0 this becomes the copies
   * @param columns positions of the longest row that is there
   */
  abstract void join(Row added, int copies, int rows, int columns, CancellationToken token);

  /** Forgets the first positions of all rows, which only padding has: nothing where rows begin at 0. */
  abstract void cut(int positions, int columns, CancellationToken token);

  /** Whether positions can be taken back: not where a model keeps states beside keys and values. */
  abstract boolean canTruncate();

  /** Keeps the first {@code length} positions. */
  abstract void truncate(int length, CancellationToken token);

  /**
   * Hands out the blocks in host memory, one after the other, in the order of the graph; each is good during the call only.
   *
   * @param length positions that are there
   */
  abstract void read(int length, BlockReader reader) throws IOException;

  /** Takes over blocks that were read from another cache of the model; they are this one's from now on. */
  abstract void restore(List<Tensor> blocks);

  @Override
  public abstract void close();
}
