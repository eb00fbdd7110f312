package dev.sampo.samplers.text;

import dev.sampo.error.RequestException;
import java.util.Arrays;

/** A growing {@link TokenSequence}, owned by one generation and used by one thread. */
public final class TokenRow implements TokenSequence {
  private final int batchIndex;
  private final int promptLength;
  private int[] ids;
  private int length;

  /**
   * @param batchIndex index of the prompt in the batch
   * @param prompt the ids to begin with, left padding included; copied
   */
  public TokenRow(int batchIndex, int[] prompt) {
    this(batchIndex, prompt, prompt.length);
  }

  private TokenRow(int batchIndex, int[] prompt, int promptLength) {
    this.batchIndex = batchIndex;
    this.promptLength = promptLength;
    this.ids = Arrays.copyOf(prompt, Math.max(16, prompt.length + 32));
    this.length = prompt.length;
  }

  /** A row with ids of which only the first {@code promptLength} count as prompt. */
  public static TokenRow of(int batchIndex, int promptLength, int... ids) {
    return new TokenRow(batchIndex, ids, promptLength);
  }

  /** Adds an id at the end. */
  public void append(int id) {
    if (length == ids.length) {
      ids = Arrays.copyOf(ids, length * 2);
    }
    ids[length++] = id;
  }

  /** Drops ids from the end until {@code newLength} are left. */
  public void truncate(int newLength) {
    if (newLength < 0 || newLength > length) {
      throw new RequestException(
          null, "Cannot cut a row of " + length + " ids to " + newLength + ".");
    }
    length = newLength;
  }

  /** Makes this row hold the ids of another. */
  public void copyFrom(TokenSequence other) {
    int count = other.length();
    if (count > ids.length) {
      ids = new int[count + 32];
    }
    for (int i = 0; i < count; i++) {
      ids[i] = other.id(i);
    }
    length = count;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public int id(int position) {
    if (position >= length) {
      throw new IndexOutOfBoundsException(
          "Position " + position + " of a row of " + length + " ids");
    }
    return ids[position];
  }

  @Override
  public int promptLength() {
    return promptLength;
  }

  @Override
  public int batchIndex() {
    return batchIndex;
  }

  @Override
  public int[] toArray() {
    return Arrays.copyOf(ids, length);
  }

  /** A copy of what was generated. */
  public int[] generated() {
    return Arrays.copyOfRange(ids, promptLength, length);
  }

  @Override
  public String toString() {
    return Arrays.toString(toArray());
  }
}
