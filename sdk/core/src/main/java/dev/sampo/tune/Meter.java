package dev.sampo.tune;

import dev.sampo.error.RequestException;

/**
 * A meter such as 6/8.
 *
 * @param beats upper number
 * @param unit lower number: the note that is counted, as a part of a whole one
 */
public record Meter(int beats, int unit) {
  private static final int MOST = 64;

  public Meter {
    if (beats < 1 || beats > MOST || unit < 1 || unit > MOST || Integer.bitCount(unit) != 1) {
      throw new RequestException(
          "meter",
          "A meter is two numbers up to "
              + MOST
              + ", the lower a power of two, got "
              + beats
              + "/"
              + unit
              + ".");
    }
  }

  /**
   * Reads {@code 6/8}, {@code C} or {@code C|}.
   *
   * @throws RequestException when it is none
   */
  public static Meter of(String text) {
    String trimmed = text.trim();
    if (trimmed.equals("C")) {
      return new Meter(4, 4);
    }
    if (trimmed.equals("C|")) {
      return new Meter(2, 2);
    }
    int slash = trimmed.indexOf('/');
    try {
      return new Meter(
          Integer.parseInt(trimmed.substring(0, Math.max(0, slash)).trim()),
          Integer.parseInt(trimmed.substring(slash + 1).trim()));
    } catch (NumberFormatException e) {
      throw new RequestException(
          "meter", "'" + text + "' is no meter; wanted one such as 6/8, C or C|.", e);
    }
  }

  /** Length of a bar in ticks, {@link Tune#TICKS_PER_WHOLE} of which are a whole note. */
  public int barTicks() {
    return Tune.TICKS_PER_WHOLE / unit * beats;
  }

  /** {@code 6/8}. */
  @Override
  public String toString() {
    return beats + "/" + unit;
  }
}
