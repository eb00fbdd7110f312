package dev.sampo.samplers.text.constraint;

import java.util.ArrayList;
import java.util.List;

/** Reads regular expressions. */
final class RegexParser {
  private static final Expr.Chars ANY = new Expr.Chars(Expr.negate(Expr.chars("\n").ranges()));
  private static final String DIGIT = "0-9";
  private static final String WORD = "0-9A-Z_a-z";
  private static final String SPACE = " \t\n\u000b\f\r";

  private final int[] pattern;
  private final String text;
  private int at;

  private RegexParser(String text) {
    this.text = text;
    this.pattern = text.codePoints().toArray();
  }

  /**
   * The expression of a pattern.
   *
   * @param search whether the pattern may match anywhere, as in JSON schemas, unless {@code ^} and {@code $} say otherwise
   */
  static Expr parse(String text, boolean search) {
    RegexParser parser = new RegexParser(text);
    boolean fromStart = parser.take('^');
    Expr body = parser.alternatives();
    boolean toEnd = parser.take('$');
    if (parser.at < parser.pattern.length) {
      throw parser.error(
          parser.pattern[parser.at] == ')' ? "')' has no '('" : "'$' is supported only at the end");
    }
    if (!search) {
      return body;
    }
    Expr anything = Expr.many(new Expr.Chars(Expr.negate(new ArrayList<>())));
    Expr before = fromStart ? Expr.text("") : anything;
    Expr after = toEnd ? Expr.text("") : anything;
    return Expr.seq(before, body, after);
  }

  private Expr alternatives() {
    List<Expr> options = new ArrayList<>();
    options.add(sequence());
    while (take('|')) {
      options.add(sequence());
    }
    return options.size() == 1 ? options.get(0) : new Expr.Alt(options);
  }

  private Expr sequence() {
    List<Expr> parts = new ArrayList<>();
    while (at < pattern.length
        && pattern[at] != '|'
        && pattern[at] != ')'
        && !(pattern[at] == '$')) {
      parts.add(quantified(atom()));
    }
    return new Expr.Seq(parts);
  }

  private Expr quantified(Expr atom) {
    Expr result = atom;
    while (at < pattern.length) {
      if (take('*')) {
        result = Expr.many(result);
      } else if (take('+')) {
        result = new Expr.Repeat(result, 1, Expr.UNBOUNDED);
      } else if (take('?')) {
        result = Expr.optional(result);
      } else if (pattern[at] == '{'
          && at + 1 < pattern.length
          && Character.isDigit(pattern[at + 1])) {
        at++;
        result = bounds(result);
      } else {
        return result;
      }
      // A lazy or possessive mark changes what is found first, not what matches as a whole.
      if (!take('?')) {
        take('+');
      }
    }
    return result;
  }

  private Expr bounds(Expr body) {
    int min = number();
    int max = min;
    if (take(',')) {
      max = at < pattern.length && pattern[at] == '}' ? Expr.UNBOUNDED : number();
    }
    if (!take('}')) {
      throw error("'{' is not closed");
    }
    if (max < min) {
      throw error("the bounds are " + min + " and " + max);
    }
    return new Expr.Repeat(body, min, max);
  }

  private int number() {
    int value = 0;
    int begin = at;
    while (at < pattern.length && pattern[at] >= '0' && pattern[at] <= '9' && value < 100_000) {
      value = value * 10 + pattern[at++] - '0';
    }
    if (at == begin) {
      throw error("a number is missing");
    }
    return value;
  }

  private Expr atom() {
    int c = pattern[at++];
    switch (c) {
      case '.':
        return ANY;
      case '(':
        if (take('?') && !take(':')) {
          throw error("only '(?:' is supported of the groups that begin with '(?'");
        }
        Expr group = alternatives();
        if (!take(')')) {
          throw error("'(' is not closed");
        }
        return group;
      case '[':
        return set();
      case '\\':
        return escape();
      case '^':
        throw error("'^' is supported only at the beginning");
      case '*':
      case '+':
      case '?':
        throw error("nothing stands before the quantifier");
      default:
        return Expr.text(new String(Character.toChars(c)));
    }
  }

  private Expr escape() {
    if (at == pattern.length) {
      throw error("the pattern ends with a backslash");
    }
    Expr.Chars named = named(pattern[at]);
    if (named != null) {
      at++;
      return named;
    }
    return Expr.text(new String(Character.toChars(escapedCodePoint())));
  }

  private static Expr.@org.jspecify.annotations.Nullable Chars named(int letter) {
    switch (letter) {
      case 'd':
        return Expr.chars(DIGIT);
      case 'w':
        return Expr.chars(WORD);
      case 's':
        return Expr.chars(SPACE);
      case 'D':
        return new Expr.Chars(Expr.negate(Expr.chars(DIGIT).ranges()));
      case 'W':
        return new Expr.Chars(Expr.negate(Expr.chars(WORD).ranges()));
      case 'S':
        return new Expr.Chars(Expr.negate(Expr.chars(SPACE).ranges()));
      default:
        return null;
    }
  }

  private int escapedCodePoint() {
    int c = pattern[at++];
    switch (c) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case 'f':
        return '\f';
      case 'v':
        return 0x0b;
      case '0':
        return 0;
      case 'x':
        return hex(2);
      case 'u':
        return hex(4);
      default:
        if (Character.isLetterOrDigit(c)) {
          at--;
          throw error("'\\" + new String(Character.toChars(c)) + "' is not supported");
        }
        return c;
    }
  }

  private int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = at < pattern.length ? Character.digit(pattern[at], 16) : -1;
      if (digit < 0) {
        throw error(digits + " hexadecimal digits are wanted");
      }
      value = value * 16 + digit;
      at++;
    }
    return value;
  }

  private Expr set() {
    boolean negated = take('^');
    List<Integer> ranges = new ArrayList<>();
    boolean first = true;
    while (at < pattern.length && (pattern[at] != ']' || first)) {
      first = false;
      if (pattern[at] == '\\' && at + 1 < pattern.length) {
        Expr.Chars named = named(pattern[at + 1]);
        if (named != null) {
          at += 2;
          ranges.addAll(named.ranges());
          continue;
        }
      }
      int low = setCodePoint();
      int high = low;
      if (at + 1 < pattern.length && pattern[at] == '-' && pattern[at + 1] != ']') {
        at++;
        high = setCodePoint();
      }
      if (high < low) {
        throw error("the range runs backwards");
      }
      ranges.add(low);
      ranges.add(high);
    }
    if (!take(']')) {
      throw error("'[' is not closed");
    }
    return new Expr.Chars(negated ? Expr.negate(ranges) : Expr.normalise(ranges));
  }

  private int setCodePoint() {
    int c = pattern[at++];
    if (c != '\\') {
      return c;
    }
    if (at == pattern.length) {
      throw error("the pattern ends with a backslash");
    }
    if (pattern[at] == 'b') {
      at++;
      return '\b';
    }
    return escapedCodePoint();
  }

  private boolean take(int c) {
    if (at < pattern.length && pattern[at] == c) {
      at++;
      return true;
    }
    return false;
  }

  private IllegalArgumentException error(String what) {
    return new IllegalArgumentException(
        "Regular expression " + text + ", position " + at + ": " + what + ".");
  }
}
