package dev.sampo.samplers.text.constraint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads grammars in llama.cpp's GBNF notation. */
final class GbnfParser {
  private final String text;
  private int at;

  private GbnfParser(String text) {
    this.text = text;
  }

  static Map<String, Expr> parse(String text) {
    GbnfParser parser = new GbnfParser(text);
    Map<String, Expr> rules = new LinkedHashMap<>();
    parser.space();
    while (parser.at < text.length()) {
      String name = parser.name();
      if (name.isEmpty() || !parser.takeDefinition()) {
        throw parser.error("a rule is wanted, such as: name ::= \"text\"");
      }
      if (rules.put(name, parser.alternatives()) != null) {
        throw parser.error("rule '" + name + "' is there twice");
      }
    }
    if (!rules.containsKey("root")) {
      throw parser.error("there is no rule 'root'");
    }
    return rules;
  }

  private boolean takeDefinition() {
    space();
    if (text.startsWith("::=", at)) {
      at += 3;
      space();
      return true;
    }
    return false;
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
    while (at < text.length()
        && text.charAt(at) != '|'
        && text.charAt(at) != ')'
        && !ruleBegins()) {
      parts.add(quantified(atom()));
    }
    return new Expr.Seq(parts);
  }

  /** Whether a name and {@code ::=} come next. */
  private boolean ruleBegins() {
    int before = at;
    boolean begins = !name().isEmpty() && takeDefinition();
    at = before;
    return begins;
  }

  private Expr atom() {
    char c = text.charAt(at);
    if (c == '"') {
      at++;
      StringBuilder literal = new StringBuilder();
      while (at < text.length() && text.charAt(at) != '"') {
        literal.appendCodePoint(codePoint());
      }
      expect('"');
      return Expr.text(literal.toString());
    }
    if (c == '[') {
      return set();
    }
    if (c == '(') {
      at++;
      space();
      Expr group = alternatives();
      expect(')');
      return group;
    }
    if (c == '.') {
      at++;
      space();
      return new Expr.Chars(Expr.negate(new ArrayList<>()));
    }
    String name = name();
    if (name.isEmpty()) {
      throw error("'" + c + "' is not expected here");
    }
    space();
    return new Expr.Ref(name);
  }

  private Expr set() {
    at++;
    boolean negated = at < text.length() && text.charAt(at) == '^';
    at += negated ? 1 : 0;
    List<Integer> ranges = new ArrayList<>();
    while (at < text.length() && text.charAt(at) != ']') {
      int low = codePoint();
      int high = low;
      if (at + 1 < text.length() && text.charAt(at) == '-' && text.charAt(at + 1) != ']') {
        at++;
        high = codePoint();
      }
      ranges.add(low);
      ranges.add(high);
    }
    expect(']');
    return new Expr.Chars(negated ? Expr.negate(ranges) : Expr.normalise(ranges));
  }

  private Expr quantified(Expr atom) {
    Expr result = atom;
    while (at < text.length()) {
      if (take('*')) {
        result = Expr.many(result);
      } else if (take('+')) {
        result = new Expr.Repeat(result, 1, Expr.UNBOUNDED);
      } else if (take('?')) {
        result = Expr.optional(result);
      } else if (take('{')) {
        int min = number();
        int max = take(',') ? (text.charAt(at) == '}' ? Expr.UNBOUNDED : number()) : min;
        expect('}');
        result = new Expr.Repeat(result, min, max);
      } else {
        break;
      }
    }
    return result;
  }

  private int number() {
    int begin = at;
    while (at < text.length() && Character.isDigit(text.charAt(at))) {
      at++;
    }
    if (begin == at || at - begin > 6) {
      throw error("a number of at most six digits is wanted");
    }
    int value = Integer.parseInt(text.substring(begin, at));
    space();
    return value;
  }

  private int codePoint() {
    int c = text.codePointAt(at);
    at += Character.charCount(c);
    if (c != '\\') {
      return c;
    }
    if (at == text.length()) {
      throw error("the grammar ends with a backslash");
    }
    char escaped = text.charAt(at++);
    switch (escaped) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case 'x':
        return hex(2);
      case 'u':
        return hex(4);
      case 'U':
        return hex(8);
      default:
        return escaped;
    }
  }

  private int hex(int digits) {
    if (at + digits > text.length()) {
      throw error(digits + " hexadecimal digits are wanted");
    }
    try {
      int value = Integer.parseInt(text.substring(at, at + digits), 16);
      at += digits;
      return value;
    } catch (NumberFormatException e) {
      throw error(digits + " hexadecimal digits are wanted");
    }
  }

  private String name() {
    int begin = at;
    while (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || "-_".indexOf(text.charAt(at)) >= 0)) {
      at++;
    }
    return text.substring(begin, at);
  }

  private boolean take(char c) {
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      space();
      return true;
    }
    return false;
  }

  private void expect(char c) {
    if (!take(c)) {
      throw error("'" + c + "' is missing");
    }
  }

  /** Passes over spaces, line ends and comments. */
  private void space() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '#') {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (Character.isWhitespace(c)) {
        at++;
      } else {
        return;
      }
    }
  }

  private IllegalArgumentException error(String what) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < Math.min(at, text.length()); i++) {
      column = text.charAt(i) == '\n' ? 1 : column + 1;
      line += text.charAt(i) == '\n' ? 1 : 0;
    }
    return new IllegalArgumentException(
        "Grammar, line " + line + ", column " + column + ": " + what + ".");
  }
}
