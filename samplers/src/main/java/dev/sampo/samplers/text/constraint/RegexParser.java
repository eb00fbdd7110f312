package dev.sampo.samplers.text.constraint;

import java.util.ArrayList;
import java.util.List;

/** Reads regular expressions. */
final class RegexParser {
  private static final int MAX_DEPTH = 200;
  private static final Expr.Chars NOT_A_NEWLINE =
      new Expr.Chars(Expr.negate(Expr.chars("\n").ranges()));
  private static final Expr.Chars NOT_A_LINE_END =
      new Expr.Chars(Expr.negate(Expr.chars("\n\r\u2028\u2029").ranges()));

  /**
   * How marks are read that Python, ECMAScript and Java read differently ({@code \d \w \s . $} on characters beyond ASCII or at line ends).
   */
  enum Reading {
    /** As documented by {@link Grammar#regex}. */
    PLAIN,
    /** Only what all of them match. */
    NARROW,
    /** All that any of them matches. */
    WIDE;

    Reading opposite() {
      return this == PLAIN ? PLAIN : this == NARROW ? WIDE : NARROW;
    }
  }

  private final int[] pattern;
  private final String text;
  private Reading reading;
  private int at;
  private int depth;

  private RegexParser(String text, Reading reading) {
    this.text = text;
    this.reading = reading;
    this.pattern = text.codePoints().toArray();
  }

  /** The expression of a pattern; the beginning and the end of the text are {@link Expr.Anchor}s wherever they are asked for. */
  static Expr parse(String text, Reading reading) {
    RegexParser parser = new RegexParser(text, reading);
    Expr body = parser.alternatives();
    if (parser.at < parser.pattern.length) {
      throw parser.error("')' has no '('");
    }
    return body;
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
    while (at < pattern.length && pattern[at] != '|' && pattern[at] != ')') {
      if (take('^')) {
        parts.add(new Expr.Anchor(true));
      } else if (take('$')) {
        parts.add(end());
      } else {
        parts.add(quantified(atom()));
        continue;
      }
      if (quantifierBegins()) {
        throw error("nothing that can be repeated stands before the quantifier");
      }
    }
    return parts.size() == 1 ? parts.get(0) : new Expr.Seq(parts);
  }

  /** Python's {@code $} also matches before a line end that ends the text. */
  private Expr end() {
    Expr end = new Expr.Anchor(false);
    return reading == Reading.WIDE ? Expr.seq(Expr.optional(Expr.text("\n")), end) : end;
  }

  private boolean quantifierBegins() {
    return at < pattern.length
        && ("*+?".indexOf(pattern[at]) >= 0
            || (pattern[at] == '{'
                && at + 1 < pattern.length
                && Character.isDigit(pattern[at + 1])));
  }

  private Expr quantified(Expr atom) {
    if (!quantifierBegins()) {
      if (reading != Reading.PLAIN && at < pattern.length && pattern[at] == '{') {
        throw error("'{' is read differently by different engines; write \\{ for the character");
      }
      return atom;
    }
    Expr result;
    if (take('*')) {
      result = Expr.many(atom);
    } else if (take('+')) {
      result = new Expr.Repeat(atom, 1, Expr.UNBOUNDED);
    } else if (take('?')) {
      result = Expr.optional(atom);
    } else {
      at++;
      result = bounds(atom);
    }
    // A lazy mark changes what is found first, not what matches as a whole; a possessive one can
    // change that.
    if (!take('?') && at < pattern.length && pattern[at] == '+') {
      throw error("possessive quantifiers are not supported");
    }
    if (quantifierBegins()) {
      throw error("nothing that can be repeated stands before the quantifier");
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
    while (at < pattern.length && pattern[at] >= '0' && pattern[at] <= '9') {
      value = value * 10 + pattern[at++] - '0';
      if (value > 999_999) {
        throw error("a repetition of more than 999,999 is not supported");
      }
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
        return reading == Reading.NARROW ? NOT_A_LINE_END : NOT_A_NEWLINE;
      case '(':
        return group();
      case '[':
        return set();
      case '\\':
        return escape();
      case '*':
      case '+':
      case '?':
        throw error("nothing stands before the quantifier");
      default:
        return Expr.text(new String(Character.toChars(c)));
    }
  }

  private Expr group() {
    if (++depth > MAX_DEPTH) {
      throw error("groups are nested more than " + MAX_DEPTH + " deep");
    }
    if (take('?') && !take(':') && !groupName()) {
      throw error("only '(?:' is supported of the groups that begin with '(?'");
    }
    Expr group = alternatives();
    if (!take(')')) {
      throw error("'(' is not closed");
    }
    depth--;
    return group;
  }

  /** Passes over {@code <name>}. */
  private boolean groupName() {
    int end = at + 1;
    while (end < pattern.length
        && (Character.isLetterOrDigit(pattern[end]) || pattern[end] == '_')) {
      end++;
    }
    if (pattern.length <= end || pattern[at] != '<' || end == at + 1 || pattern[end] != '>') {
      return false;
    }
    at = end + 1;
    return true;
  }

  private Expr escape() {
    if (at == pattern.length) {
      throw error("the pattern ends with a backslash");
    }
    Expr.Chars named = named();
    return named != null ? named : Expr.text(new String(Character.toChars(escapedCodePoint())));
  }

  /** A set of characters that has a name, such as {@code \\d}; nothing is read if none comes next. */
  private Expr.@org.jspecify.annotations.Nullable Chars named() {
    int letter = pattern[at];
    if (letter == 'p' || letter == 'P') {
      at++;
      return UnicodeSets.property(propertyName(), letter == 'P', this::error);
    }
    if ("dDwWsS".indexOf(letter) < 0) {
      return null;
    }
    at++;
    boolean negated = Character.isUpperCase(letter);
    Reading inside = negated ? reading.opposite() : reading;
    Expr.Chars set =
        UnicodeSets.named(Character.toLowerCase((char) letter), inside == Reading.WIDE);
    return negated ? new Expr.Chars(Expr.negate(set.ranges())) : set;
  }

  private String propertyName() {
    int begin = at + 1;
    int end = begin;
    while (end < pattern.length && pattern[end] != '}') {
      end++;
    }
    if (at >= pattern.length || pattern[at] != '{' || end >= pattern.length) {
      throw error("a property's name in braces is wanted");
    }
    at = end + 1;
    return new String(pattern, begin, end - begin);
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
        if (at < pattern.length && Character.isDigit(pattern[at])) {
          throw error("octal numbers are not supported");
        }
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
    Reading outside = reading;
    reading = negated ? reading.opposite() : reading;
    List<Integer> ranges = new ArrayList<>();
    if (outside != Reading.PLAIN && at < pattern.length && pattern[at] == ']') {
      throw error(
          "']' at the beginning of a set is read differently by different engines; write \\]");
    }
    boolean first = true;
    while (at < pattern.length && (pattern[at] != ']' || first)) {
      first = false;
      if (pattern[at] == '\\' && at + 1 < pattern.length) {
        at++;
        Expr.Chars named = named();
        if (named != null) {
          ranges.addAll(named.ranges());
          continue;
        }
        at--;
      }
      range(ranges);
    }
    if (!take(']')) {
      throw error("'[' is not closed");
    }
    reading = outside;
    return new Expr.Chars(negated ? Expr.negate(ranges) : Expr.normalise(ranges));
  }

  private void range(List<Integer> ranges) {
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

  private GrammarException error(String what) {
    return new GrammarException(
        "Regular expression " + shown() + ", position " + at + ": " + what + ".");
  }

  private String shown() {
    return text.length() <= 200 ? text : text.substring(0, 200) + "...";
  }
}
