package dev.sampo.tune;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.constraint.Grammar;

/**
 * Grammars of the music of a tune whose bars add up: repeated parts of so many bars, a line break after every fourth, notes of whole eighths,
 * a space only between beats. A rule {@code rN} is what fills a bar of which N eighths are left, so the grammar counts without counting.
 */
public final class TuneGrammar {
  private static final int LINE_BARS = 4;
  private static final int LONGEST_NOTE = 9;
  private static final int MOST_BARS = 64;

  private TuneGrammar() {}

  /** The grammar of a dance: {@code parts} parts of {@code bars} bars, each repeated. */
  public static Grammar of(Dance dance, int parts, int bars) {
    return of(dance.meter(), dance.beatEighths(), parts, bars);
  }

  /**
   * The grammar of a meter.
   *
   * @param beatEighths eighths that are written together
   * @throws RequestException when the meter has no whole number of eighths, or a number is out of range
   */
  public static Grammar of(Meter meter, int beatEighths, int parts, int bars) {
    return Grammar.gbnf(text(meter, beatEighths, parts, bars));
  }

  /** The grammar as GBNF. */
  static String text(Meter meter, int beatEighths, int parts, int bars) {
    check("parts", parts, 8);
    check("bars", bars, MOST_BARS);
    if (8 * meter.beats() % meter.unit() != 0) {
      throw new RequestException(
          "meter", "A bar of " + meter + " is no whole number of eighths; the grammar wants one.");
    }
    int eighths = 8 * meter.beats() / meter.unit();
    check("beatEighths", beatEighths, eighths);
    StringBuilder out = new StringBuilder("root ::=");
    for (int i = 0; i < parts; i++) {
      out.append(" part");
    }
    out.append("\npart ::= \"|:\"");
    for (int bar = 1; bar <= bars; bar++) {
      String line = bar == bars ? ":|\\n" : bar % LINE_BARS == 0 ? "|\\n" : "|";
      out.append(" r").append(eighths).append(" \"").append(line).append('"');
    }
    out.append("\nnote ::= [A-Ga-g]\n");
    for (int left = 1; left <= eighths; left++) {
      out.append('r').append(left).append(" ::= ");
      for (int length = 1; length <= Math.min(left, LONGEST_NOTE); length++) {
        out.append(length == 1 ? "note" : " | note \"" + length + "\"");
        int rest = left - length;
        if (rest > 0) {
          boolean beat = (eighths - rest) % beatEighths == 0;
          out.append(beat ? " \" \"? r" : " r").append(rest);
        }
      }
      out.append('\n');
    }
    return out.toString();
  }

  private static void check(String option, int value, int most) {
    if (value < 1 || value > most) {
      throw new RequestException(
          option, option + " lies between 1 and " + most + ", got " + value + ".");
    }
  }
}
