package dev.sampo.text.decoding;

import java.nio.LongBuffer;
import java.util.Arrays;

/**
 * Where the rows of a batch have padding. Most decoders want it on the left, so that the newest ids of all rows stand in one column. Graphs with
 * {@code GroupQueryAttention} want it on the right of the prompt: they take the place of a row's newest key from the number of ones in its mask, so
 * each row goes on where its own prompt ended, and the columns that are too many are written over. Immutable.
 */
final class Padding {
  private final int[][] mask;
  private final boolean right;
  private final boolean some;

  /**
   * @param mask 1 for ids of the prompts, 0 for padding, which stands on the left; {@code [rows][prompt length]}
   * @param right whether the graph gets it on the right
   */
  Padding(int[][] mask, boolean right) {
    this.mask = mask;
    this.right = right;
    boolean zero = false;
    for (int[] row : mask) {
      for (int value : row) {
        zero |= value == 0;
      }
    }
    this.some = zero;
  }

  /** Whether any row has padding. */
  boolean some() {
    return some;
  }

  /** Most padding of a row on the right; 0 where padding stands on the left. */
  int mostOnTheRight() {
    int most = 0;
    for (int r = 0; right && some && r < mask.length; r++) {
      most = Math.max(most, padding(r));
    }
    return most;
  }

  Padding pick(int[] parents) {
    int[][] picked = new int[parents.length][];
    for (int i = 0; i < picked.length; i++) {
      picked[i] = mask[parents[i]];
    }
    return new Padding(picked, right);
  }

  /** The prompts as the graph gets them. */
  int[][] place(int[][] ids) {
    if (!right || !some) {
      return ids;
    }
    int[][] placed = new int[ids.length][];
    for (int r = 0; r < ids.length; r++) {
      int padding = padding(r);
      placed[r] = Arrays.copyOf(Arrays.copyOfRange(ids[r], padding, ids[r].length), ids[r].length);
      Arrays.fill(placed[r], ids[r].length - padding, ids[r].length, ids[r][0]);
    }
    return placed;
  }

  /** The column of a run over the whole prompt in which a row's last id stands, of {@code count} columns. */
  int lastColumn(int row, int count) {
    return right && some ? count - 1 - padding(row) : count - 1;
  }

  private int padding(int row) {
    int padding = 0;
    while (padding < mask[row].length && mask[row][padding] == 0) {
      padding++;
    }
    return padding;
  }

  /** Writes the mask of a run after which there are {@code total} columns. */
  void writeMask(LongBuffer target, int rows, int total) {
    for (int r = 0; r < rows; r++) {
      int[] own = mask[r];
      int ones = total - (right ? padding(r) : 0);
      for (int i = 0; i < total; i++) {
        target.put(r * total + i, right ? (i < ones ? 1 : 0) : i < own.length ? own[i] : 1);
      }
    }
  }

  /**
   * Writes the positions of a run.
   *
   * @param length columns before it
   * @param count columns of it
   * @param sets how often all of them are wanted, one after the other
   */
  void writePositions(LongBuffer target, int length, int count, int sets) {
    int rows = mask.length;
    for (int r = 0; r < rows; r++) {
      int[] own = mask[r];
      int padding = right ? padding(r) : 0;
      int before = Math.max(0, length - own.length); // ids so far that are no padding
      for (int i = 0; i < Math.min(length, own.length); i++) {
        before += own[i];
      }
      for (int i = 0; i < count; i++) {
        long position;
        if (right) {
          int column = length + i;
          int ids = own.length - padding;
          position = column < own.length ? Math.min(column, ids - 1) : column - padding;
        } else {
          before += length + i < own.length ? own[length + i] : 1;
          position = Math.max(0, before - 1);
        }
        for (int set = 0; set < sets; set++) {
          target.put((set * rows + r) * count + i, position);
        }
      }
    }
  }
}
