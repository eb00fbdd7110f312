package dev.sampo.samplers.text.constraint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads grammars in llama.cpp's GBNF notation. */
final class GbnfParser {
  private static final int MAX_DEPTH = 200;

  private final String text;
  private int at;
  private int depth;

  private GbnfParser(String text) {
    this.text = text;
  }

  static Map<String, Expr> parse(String text) {
    GbnfParser parser = new GbnfParser(text);
    Map<String, Expr> rules = new LinkedHashMap<>();
    parser.space();
    while (parser.at < text.length()) {
      int begin = parser.at;
      String name = parser.name();
      if (name.isEmpty() || !parser.takeDefinition()) {
        throw parser.error("a rule is wanted, such as: name ::= \"text\"");
      }
      if (rules.put(name, parser.alternatives()) != null) {
        parser.at = begin;
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
    while (at < text.length() && text.charAt(at) != '|' && text.charAt(at) != ')') {
      int before = at;
      if (isName(text.charAt(at))) {
        // A name and ::= begin the next rule.
        name();
        boolean rule = takeDefinition();
        at = before;
        if (rule) {
          break;
        }
      }
      parts.add(quantified(atom()));
    }
    return parts.size() == 1 ? parts.get(0) : new Expr.Seq(parts);
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
      if (++depth > MAX_DEPTH) {
        throw error("groups are nested more than " + MAX_DEPTH + " deep");
      }
      at++;
      space();
      Expr group = alternatives();
      expect(')');
      depth--;
      return group;
    }
    if (c == '<' || c == '!') {
      return token();
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

  /** {@code <[5]>} (by id), {@code <think>} (by text), or {@code !} and one of them (any other). */
  private Expr token() {
    boolean wanted = text.charAt(at) != '!';
    at += wanted ? 0 : 1;
    int end = text.indexOf('>', at);
    if (at >= text.length() || text.charAt(at) != '<' || end < at + 2) {
      throw error("a token is wanted, such as <[5]> or <think>");
    }
    String name = text.substring(at, end + 1);
    at++;
    int id = -1;
    if (text.charAt(at) == '[') {
      at++;
      id = 0;
      int begin = at;
      while (at < end && text.charAt(at) >= '0' && text.charAt(at) <= '9' && at - begin < 9) {
        id = 10 * id + text.charAt(at++) - '0';
      }
      if (at == begin || !text.startsWith("]>", at)) {
        throw error("the id of a token is wanted, such as <[5]>");
      }
    }
    at = end + 1;
    space();
    return new Expr.Token(id < 0 ? name : null, id, wanted);
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
      if (high < low) {
        throw error("the range runs backwards");
      }
      ranges.add(low);
      ranges.add(high);
    }
    expect(']');
    return new Expr.Chars(negated ? Expr.negate(ranges) : Expr.normalise(ranges));
  }

  private Expr quantified(Expr atom) {
    Expr result = atom;
    for (int marks = 0; at < text.length(); marks++) {
      if (marks > MAX_DEPTH) {
        throw error("more than " + MAX_DEPTH + " quantifiers follow each other");
      }
      if (take('*')) {
        result = Expr.many(result);
      } else if (take('+')) {
        result = new Expr.Repeat(result, 1, Expr.UNBOUNDED);
      } else if (take('?')) {
        result = Expr.optional(result);
      } else if (take('{')) {
        result = bounds(result);
      } else {
        break;
      }
    }
    return result;
  }

  /** {@code m}, {@code m,}, {@code m,n} or {@code ,n}, and the closing brace. */
  private Expr bounds(Expr body) {
    boolean open = at < text.length() && text.charAt(at) == ',';
    int min = open ? 0 : number();
    int max = min;
    if (take(',')) {
      boolean closed = !open && at < text.length() && text.charAt(at) == '}';
      max = closed ? Expr.UNBOUNDED : number();
    }
    if (max < min) {
      throw error("the bounds are " + min + " and " + max);
    }
    expect('}');
    return new Expr.Repeat(body, min, max);
  }

  private int number() {
    int value = 0;
    int begin = at;
    while (at < text.length()
        && text.charAt(at) >= '0'
        && text.charAt(at) <= '9'
        && at - begin < 7) {
      value = value * 10 + text.charAt(at++) - '0';
    }
    if (begin == at || at - begin > 6) {
      throw error("a number of at most six digits is wanted");
    }
    space();
    return value;
  }

  private int codePoint() {
    if (at >= text.length()) {
      throw error("the grammar ends within a literal or a set");
    }
    int c = text.codePointAt(at);
    if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
      throw error("half a surrogate pair is no character");
    }
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
    long value = 0;
    int end = at + digits;
    while (at < end) {
      int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
      if (digit < 0) {
        throw error(digits + " hexadecimal digits are wanted");
      }
      value = value * 16 + digit;
      at++;
    }
    if (value > Character.MAX_CODE_POINT || (value >= 0xd800 && value <= 0xdfff)) {
      throw error("there is no such character");
    }
    return (int) value;
  }

  private static boolean isName(char c) {
    return Character.isLetterOrDigit(c) || c == '-' || c == '_';
  }

  private String name() {
    int begin = at;
    while (at < text.length() && isName(text.charAt(at))) {
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

  private GrammarException error(String what) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < Math.min(at, text.length()); i++) {
      column = text.charAt(i) == '\n' ? 1 : column + 1;
      line += text.charAt(i) == '\n' ? 1 : 0;
    }
    return new GrammarException("Grammar, line " + line + ", column " + column + ": " + what + ".");
  }
}
