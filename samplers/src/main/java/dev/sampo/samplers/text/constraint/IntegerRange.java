package dev.sampo.samplers.text.constraint;

import java.util.ArrayList;
import java.util.List;

/** The decimal numbers of a range, without leading zeros, as an expression. */
final class IntegerRange {
  private IntegerRange() {}

  /**
   * @param low at least 0
   * @param high at least {@code low}
   */
  static Expr of(long low, long high) {
    List<Expr> options = new ArrayList<>();
    long from = low;
    while (from <= high) {
      int digits = Long.toString(from).length();
      long last = Math.min(high, pow10(digits) - 1);
      options.add(sameLength(Long.toString(from), Long.toString(last)));
      from = last + 1;
    }
    return new Expr.Alt(options);
  }

  private static long pow10(int digits) {
    long value = 1;
    for (int i = 0; i < digits; i++) {
      value *= 10;
    }
    return value;
  }

  private static Expr sameLength(String low, String high) {
    if (low.isEmpty()) {
      return Expr.text("");
    }
    char a = low.charAt(0);
    char b = high.charAt(0);
    String lowRest = low.substring(1);
    String highRest = high.substring(1);
    if (a == b) {
      return Expr.seq(Expr.text(low.substring(0, 1)), sameLength(lowRest, highRest));
    }
    String zeros = lowRest.replaceAll(".", "0");
    String nines = highRest.replaceAll(".", "9");
    List<Expr> options = new ArrayList<>();
    options.add(Expr.seq(digit(a, a), sameLength(lowRest, nines)));
    if (b - a > 1) {
      options.add(
          Expr.seq(
              digit((char) (a + 1), (char) (b - 1)),
              new Expr.Repeat(digit('0', '9'), lowRest.length(), lowRest.length())));
    }
    options.add(Expr.seq(digit(b, b), sameLength(zeros, highRest)));
    return new Expr.Alt(options);
  }

  private static Expr digit(char low, char high) {
    return new Expr.Chars(List.of((int) low, (int) high));
  }
}
