package dev.sampo.text;

import dev.sampo.runtime.CancellationToken;

/**
 * What a model remembers of one generation: keys and values, or hidden states. One thread; close it. The model itself is shared.
 *
 * <p>After {@link #feed} the scores of the next token of each row lie in {@link #logits()}, row after row.
 */
abstract class DecodingState implements AutoCloseable {
  private final int vocabularySize;
  private float[] logits = new float[0];

  DecodingState(int vocabularySize) {
    this.vocabularySize = vocabularySize;
  }

  final int vocabularySize() {
    return vocabularySize;
  }

  /** Number of rows. */
  abstract int rows();

  /** Number of ids that were fed to each row, padding included. */
  abstract int length();

  /** Scores of the next token, {@code rows * vocabularySize}; valid until the next feed, may be written to. */
  final float[] logits() {
    int size = rows() * vocabularySize;
    if (logits.length < size) {
      logits = new float[size];
    }
    return logits;
  }

  /** Feeds one id a row. */
  abstract void feed(int[] ids, CancellationToken token);

  /**
   * Feeds several ids to each row and returns the scores after each of them.
   *
   * @param ids {@code rows * count}, row after row
   * @return {@code rows * count * vocabularySize}
   */
  abstract float[] feedAll(int[] ids, int count, CancellationToken token);

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

  /** Makes row {@code i} the continuation of the former row {@code parents[i]}; the number of rows may change. */
  abstract void reorder(int[] parents, CancellationToken token);

  /** Forgets what was fed last, until {@code length} ids are left. */
  void truncate(int length, CancellationToken token) {
    throw new IllegalArgumentException(
        "This kind of model cannot take back tokens, so assisted decoding and a prompt cache do not work with it.");
  }

  /** Whether {@link #truncate} works. */
  boolean canTruncate() {
    return false;
  }

  /** Where each row looked in the last step, {@code rows * source length}, or null if the model does not tell. */
  float @org.jspecify.annotations.Nullable [] attention() {
    return null;
  }

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
