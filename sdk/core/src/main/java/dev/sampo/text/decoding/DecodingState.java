package dev.sampo.text.decoding;

import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import org.jspecify.annotations.Nullable;

/**
 * What a model remembers of one generation: keys and values, or hidden states. One thread; close it. The model itself is shared.
 *
 * <p>After {@link #feed} the scores of the next token of each row lie in {@link #logits()}, row after row. A call that is cancelled or fails leaves
 * a state that can only be closed.
 */
public abstract class DecodingState implements AutoCloseable {
  private final int vocabularySize;
  private float[] logits = new float[0];

  DecodingState(int vocabularySize) {
    this.vocabularySize = vocabularySize;
  }

  public final int vocabularySize() {
    return vocabularySize;
  }

  /** Number of rows. */
  public abstract int rows();

  /** Number of ids that were fed to each row, padding included. */
  public abstract int length();

  /** Scores of the next token, {@code rows * vocabularySize}; valid until the next feed, may be written to. */
  public final float[] logits() {
    int size = rows() * vocabularySize;
    if (logits.length < size) {
      logits = new float[size];
    }
    return logits;
  }

  /** Feeds one id a row. */
  public abstract void feed(int[] ids, CancellationToken token);

  /**
   * Feeds several ids to each row and returns the scores after each of them.
   *
   * @param ids {@code rows * count}, row after row
   * @return {@code rows * count * vocabularySize}
   */
  public abstract float[] feedAll(int[] ids, int count, CancellationToken token);

  /** {@link #feedAll} for models that give the scores of one position a run. */
  final float[] feedOneByOne(int[] ids, int count, CancellationToken token) {
    int v = vocabularySize;
    int rows = rows();
    float[] all = new float[rows * count * v];
    int[] step = new int[rows];
    for (int i = 0; i < count; i++) {
      for (int r = 0; r < rows; r++) {
        step[r] = ids[r * count + i];
      }
      feed(step, token);
      for (int r = 0; r < rows; r++) {
        System.arraycopy(logits(), r * v, all, (r * count + i) * v, v);
      }
    }
    return all;
  }

  /**
   * Makes row {@code i} the continuation of the former row {@code parents[i]}; the number of rows may change. What {@link #logits()} holds is not
   * moved.
   */
  public abstract void reorder(int[] parents, CancellationToken token);

  /**
   * Forgets what was fed last, until {@code length} ids are left.
   *
   * @throws RequestException if this kind of model cannot
   */
  public void truncate(int length, CancellationToken token) {
    requireTruncation();
  }

  /** Whether {@link #truncate} works. */
  public boolean canTruncate() {
    return false;
  }

  /**
   * Says what needs {@link #truncate}.
   *
   * @throws RequestException if it does not work
   */
  public final void requireTruncation() {
    if (!canTruncate()) {
      throw new RequestException(
          null,
          "This kind of model cannot take back tokens, so assisted decoding and a prompt cache do"
              + " not work with it.");
    }
  }

  /** Where each row looked in the last step, {@code rows * source length}, or null if the model does not tell. */
  public float @Nullable [] attention() {
    return null;
  }

  /** Frees what is native; a second call does nothing. */
  @Override
  public abstract void close();

  static boolean isIdentity(int[] parents, int rows) {
    if (parents.length != rows) {
      return false;
    }
    for (int i = 0; i < rows; i++) {
      if (parents[i] != i) {
        return false;
      }
    }
    return true;
  }

  /** Row {@code i} gets the scores of row {@code i / copies}. */
  final void spreadLogits(float[] source, int copies) {
    float[] target = logits();
    for (int r = 0; r < rows(); r++) {
      System.arraycopy(
          source, r / copies * vocabularySize, target, r * vocabularySize, vocabularySize);
    }
  }

  static int[] copiesOf(int rows, int copies) {
    int[] parents = new int[rows * copies];
    for (int i = 0; i < parents.length; i++) {
      parents[i] = i / copies;
    }
    return parents;
  }
}
