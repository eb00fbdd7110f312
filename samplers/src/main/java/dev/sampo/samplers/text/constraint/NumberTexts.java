package dev.sampo.samplers.text.constraint;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;

/**
 * Decimal numbers of a range as they are written, as automata over their digits. Sizes are linear in the digits of the bounds, and in the factor where
 * multiples are asked for.
 */
final class NumberTexts {
  /** So many significant digits are kept by a double; two numbers that differ in them differ as doubles, too. */
  static final int DOUBLE_DIGITS = 15;

  private NumberTexts() {}

  /** Natural numbers from {@code low} to {@code high}, without leading zeros. */
  static CharDfa naturals(BigInteger low, BigInteger high) {
    if (low.signum() == 0) {
      return compared(high, false);
    }
    if (low.equals(BigInteger.ONE)) {
      return compared(high, false).minus(CharDfa.of(List.of("0")));
    }
    return compared(low, true).and(compared(high, false));
  }

  /** Natural numbers of at least, or of at most, a bound. */
  private static CharDfa compared(BigInteger bound, boolean atLeast) {
    String digits = bound.toString();
    int n = digits.length();
    CharDfa.Builder dfa = new CharDfa.Builder();
    int start = dfa.state(false);
    int zero = dfa.state(!atLeast || bound.signum() == 0);
    dfa.edge(start, '0', '0', zero);
    int[] level = {-1, start, -1};
    for (int k = 1; k <= n; k++) {
      int[] next = new int[3];
      for (int c = 0; c < 3; c++) {
        int sign = c - 1;
        next[c] = dfa.state(k < n ? !atLeast : atLeast ? sign >= 0 : sign <= 0);
      }
      char least = k == 1 ? '1' : '0';
      char d = digits.charAt(k - 1);
      step(dfa, level[1], least, d, next);
      if (k > 1) {
        dfa.edge(level[0], '0', '9', next[0]);
        dfa.edge(level[2], '0', '9', next[2]);
      }
      level = next;
    }
    if (atLeast) {
      int longer = dfa.state(true);
      for (int state : level) {
        dfa.edge(state, '0', '9', longer);
      }
      dfa.edge(longer, '0', '9', longer);
    }
    return dfa.build();
  }

  /** The edges from where all digits were equal so far. */
  private static void step(CharDfa.Builder dfa, int from, char least, char digit, int[] next) {
    dfa.edge(from, least, digit - 1, next[0]);
    if (digit >= least) {
      dfa.edge(from, digit, digit, next[1]);
    }
    dfa.edge(from, Math.max(least, digit + 1), '9', next[2]);
  }

  /** Digits that make a multiple of {@code factor} (or none of it). */
  static CharDfa multiples(int factor, boolean wanted) {
    CharDfa.Builder dfa = new CharDfa.Builder();
    int start = dfa.state(false);
    int[] residue = new int[factor];
    for (int r = 0; r < factor; r++) {
      residue[r] = dfa.state((r == 0) == wanted);
    }
    for (int d = 0; d <= 9; d++) {
      dfa.edge(start, '0' + d, '0' + d, residue[d % factor]);
      for (int r = 0; r < factor; r++) {
        dfa.edge(residue[r], '0' + d, '0' + d, residue[(int) ((10L * r + d) % factor)]);
      }
    }
    return dfa.build();
  }

  /**
   * Numbers above 0 that are no integers, such as {@code 0.5} or {@code 12.250}.
   *
   * @param digits most digits before the point, and most after it
   * @param together most digits in all
   */
  static CharDfa fractions(int digits, int together) {
    CharDfa.Builder dfa = new CharDfa.Builder();
    int start = dfa.state(false);
    int[][] zeros = new int[digits + 1][digits + 1];
    int[][] others = new int[digits + 1][digits + 1];
    for (int i = 1; i <= digits; i++) {
      for (int f = 0; f <= Math.min(digits, together - i); f++) {
        zeros[i][f] = dfa.state(false);
        others[i][f] = dfa.state(true);
      }
    }
    int zero = dfa.state(false);
    dfa.edge(start, '0', '0', zero);
    int before = start;
    for (int i = 1; i <= digits; i++) {
      int whole = dfa.state(false);
      dfa.edge(before, i == 1 ? '1' : '0', '9', whole);
      before = whole;
      if (i < together) {
        dfa.edge(whole, '.', '.', zeros[i][0]);
        if (i == 1) {
          dfa.edge(zero, '.', '.', zeros[1][0]);
        }
      }
      for (int f = 0; f < Math.min(digits, together - i); f++) {
        dfa.edge(zeros[i][f], '0', '0', zeros[i][f + 1]);
        dfa.edge(zeros[i][f], '1', '9', others[i][f + 1]);
        dfa.edge(others[i][f], '0', '9', others[i][f + 1]);
      }
    }
    return dfa.build();
  }

  /**
   * Texts of digits, a point and digits whose number is at least, or at most, a bound.
   *
   * @param bound at least 0
   */
  static CharDfa comparedFractions(BigDecimal bound, boolean atLeast, boolean exclusive) {
    BigDecimal stripped = bound.signum() == 0 ? BigDecimal.ZERO : bound.stripTrailingZeros();
    String plain = stripped.toPlainString();
    int point = plain.indexOf('.');
    String whole = point < 0 ? plain : plain.substring(0, point);
    String fraction = point < 0 ? "" : plain.substring(point + 1);
    CharDfa.Builder dfa = new CharDfa.Builder();
    int start = dfa.state(false);
    int less = tail(dfa, !atLeast);
    int more = tail(dfa, atLeast);
    // equal[j]: all digits up to j of the fraction were the bound's.
    int[] equal = new int[fraction.length() + 1];
    for (int j = 0; j <= fraction.length(); j++) {
      boolean end = j == fraction.length();
      equal[j] = dfa.state(end ? !exclusive : !atLeast);
    }
    for (int j = 0; j < fraction.length(); j++) {
      step(dfa, equal[j], '0', fraction.charAt(j), new int[] {less, equal[j + 1], more});
    }
    int last = equal[fraction.length()];
    dfa.edge(last, '0', '0', last);
    dfa.edge(last, '1', '9', more);
    wholes(dfa, start, whole, new int[] {less, equal[0], more});
    return dfa.build();
  }

  private static int tail(CharDfa.Builder dfa, boolean accepting) {
    int state = dfa.state(accepting);
    dfa.edge(state, '0', '9', state);
    return state;
  }

  /** The digits before the point, compared with those of the bound; the point leads to what is known by then. */
  private static void wholes(CharDfa.Builder dfa, int start, String whole, int[] after) {
    int n = whole.length();
    int zero = dfa.state(false);
    dfa.edge(start, '0', '0', zero);
    dfa.edge(zero, '.', '.', whole.equals("0") ? after[1] : after[0]);
    int[] level = {-1, start, -1};
    for (int k = 1; k <= n; k++) {
      int[] next = {dfa.state(false), dfa.state(false), dfa.state(false)};
      step(dfa, level[1], k == 1 ? '1' : '0', whole.charAt(k - 1), next);
      if (k > 1) {
        dfa.edge(level[0], '0', '9', next[0]);
        dfa.edge(level[2], '0', '9', next[2]);
      }
      for (int c = 0; c < 3; c++) {
        dfa.edge(next[c], '.', '.', k < n ? after[0] : after[c]);
      }
      level = next;
    }
    int longer = dfa.state(false);
    for (int state : level) {
      dfa.edge(state, '0', '9', longer);
    }
    dfa.edge(longer, '0', '9', longer);
    dfa.edge(longer, '.', '.', after[2]);
  }
}
