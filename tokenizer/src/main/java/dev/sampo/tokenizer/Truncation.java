package dev.sampo.tokenizer;

import dev.sampo.error.RequestException;

/**
 * How long encodings may be. Spelled as in tokenizer.json.
 *
 * @param maxLength most tokens, special ones included
 * @param stride how many tokens an overflowing window shares with the one before it
 * @param strategy which text of a pair is cut
 * @param direction which end is cut off
 */
public record Truncation(int maxLength, int stride, Strategy strategy, Direction direction) {
  /** Which text of a pair is cut. */
  public enum Strategy {
    /** Both, so that neither is much longer than the other. */
    LONGEST_FIRST,
    /** The first. */
    ONLY_FIRST,
    /** The second. */
    ONLY_SECOND
  }

  /** Which end is cut off. */
  public enum Direction {
    /** The end of the text. */
    RIGHT,
    /** Its beginning. */
    LEFT
  }

  /** Checks the numbers. */
  public Truncation {
    if (maxLength < 0 || stride < 0) {
      throw new RequestException(
          "truncation",
          "max_length " + maxLength + " and stride " + stride + " must not be negative");
    }
  }

  /** Cuts the end, longest first, without shared windows. */
  public static Truncation to(int maxLength) {
    return new Truncation(maxLength, 0, Strategy.LONGEST_FIRST, Direction.RIGHT);
  }
}
