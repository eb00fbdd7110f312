package dev.sampo.tokenizer;

import dev.sampo.error.RequestException;
import org.jspecify.annotations.Nullable;

/**
 * How encodings are filled up. Spelled as in tokenizer.json.
 *
 * @param length the length to reach; null for the longest of the batch
 * @param left whether the padding comes before the text
 * @param multipleOf the length is rounded up to a multiple of it; 0 for none
 * @param padId id of the padding token
 * @param padTypeId type id of padding
 * @param padToken the padding token
 */
public record Padding(
    @Nullable Integer length,
    boolean left,
    int multipleOf,
    int padId,
    int padTypeId,
    String padToken) {
  /** More than any model takes: a file that asks for more would only exhaust the memory. */
  private static final int MAX_LENGTH = 1 << 24;

  /** Checks the numbers. */
  public Padding {
    if ((length != null && length < 0) || multipleOf < 0) {
      throw new RequestException(
          "padding", "length " + length + " and multiple " + multipleOf + " must not be negative");
    }
    if ((length != null && length > MAX_LENGTH) || multipleOf > MAX_LENGTH) {
      throw new RequestException(
          "padding",
          "length " + length + " and multiple " + multipleOf + " must be at most " + MAX_LENGTH);
    }
  }

  /** To the longest of the batch, on the right. */
  public static Padding longest(int padId, String padToken) {
    return new Padding(null, false, 0, padId, 0, padToken);
  }
}
