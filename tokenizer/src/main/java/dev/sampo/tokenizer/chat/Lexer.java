package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts a template into text and tags (with trim_blocks and lstrip_blocks set, as transformers does), and tags into words. */
final class Lexer {
  /** What a token is. */
  enum Kind {
    TEXT,
    BLOCK_BEGIN,
    BLOCK_END,
    PRINT_BEGIN,
    PRINT_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  /** A token and where it stands. */
  static final class Token {
    final Kind kind;
    final String text;
    final int line;

    Token(Kind kind, String text, int line) {
      this.kind = kind;
      this.text = text;
      this.line = line;
    }
  }

  private static final String[] OPERATORS = {
    "//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[",
    "]", "{", "}", ",", ":", ".", "|"
  };

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int counted;
  private int lines = 1;
  private boolean trimNext; // "-" at the end of the tag before: white space after it goes
  private boolean newlineNext; // a block or comment ended: one newline after it goes

  private final Matcher beginRaw;
  private final Matcher endRaw;

  private Lexer(String source) {
    this.source = source;
    beginRaw = Pattern.compile("\\s*raw\\s*(?:(-)%\\}|%\\})").matcher(source);
    endRaw = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%\\}").matcher(source);
  }

  static List<Token> read(String template) {
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    if (source.endsWith("\n")) {
      source = source.substring(0, source.length() - 1);
    }
    Lexer lexer = new Lexer(source);
    lexer.run();
    return lexer.tokens;
  }

  /** The line of {@link #at}, counted on from where it was asked for last. */
  private int line() {
    int end = Math.min(at, source.length());
    for (; counted < end; counted++) {
      lines += source.charAt(counted) == '\n' ? 1 : 0;
    }
    return lines;
  }

  private ChatTemplateException error(String what) {
    return new ChatTemplateException("Chat template, line " + line() + ": " + what);
  }

  private void add(Kind kind, String text) {
    tokens.add(new Token(kind, text, line()));
  }

  private void run() {
    while (at < source.length()) {
      int tag = nextTag(at);
      text(tag);
      if (tag < 0) {
        break;
      }
      at = tag + 2;
      char kind = source.charAt(tag + 1);
      char mark = at < source.length() ? source.charAt(at) : ' ';
      if (mark == '-' || (mark == '+' && kind != '{')) {
        at++;
      }
      if (kind == '#') {
        int end = source.indexOf("#}", at);
        if (end < 0) {
          throw error("a comment without end");
        }
        trimNext = source.charAt(end - 1) == '-';
        newlineNext = !trimNext && source.charAt(end - 1) != '+';
        at = end + 2;
      } else if (kind == '%' && isRaw()) {
        raw();
      } else {
        add(kind == '%' ? Kind.BLOCK_BEGIN : Kind.PRINT_BEGIN, "");
        words(kind == '%' ? "%}" : "}}", kind == '%');
      }
    }
    add(Kind.END, "");
  }

  private int nextTag(int from) {
    for (int i = from; i + 1 < source.length(); i++) {
      if (source.charAt(i) == '{') {
        char c = source.charAt(i + 1);
        if (c == '{' || c == '%' || c == '#') {
          return i;
        }
      }
    }
    return -1;
  }

  private void text(int tag) {
    int end = tag < 0 ? source.length() : tag;
    String text = source.substring(at, end);
    int from = 0;
    if (trimNext) {
      while (from < text.length() && Character.isWhitespace(text.charAt(from))) {
        from++;
      }
    } else if (newlineNext && text.startsWith("\n")) {
      from = 1;
    }
    boolean fresh = trimNext || newlineNext;
    trimNext = false;
    newlineNext = false;
    int to = text.length();
    if (tag >= 0) {
      char kind = source.charAt(tag + 1);
      char mark = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
      if (mark == '-') {
        while (to > from && Character.isWhitespace(text.charAt(to - 1))) {
          to--;
        }
      } else if (kind != '{' && mark != '+') {
        int k = to;
        while (k > 0 && (text.charAt(k - 1) == ' ' || text.charAt(k - 1) == '\t')) {
          k--;
        }
        boolean lineStart =
            k > 0
                ? text.charAt(k - 1) == '\n'
                : at == 0 || source.charAt(at - 1) == '\n' || (fresh && k < from);
        if (lineStart) {
          to = Math.max(from, k);
        }
      }
    }
    if (to > from) {
      add(Kind.TEXT, text.substring(from, to));
    }
    at = end;
  }

  private boolean isRaw() {
    beginRaw.region(at, source.length());
    return beginRaw.lookingAt();
  }

  /** What stands between raw and endraw is text, whatever it is. */
  private void raw() {
    boolean trims = beginRaw.group(1) != null;
    int from = beginRaw.end();
    if (!endRaw.find(from)) {
      throw error("raw without endraw");
    }
    int to = endRaw.start();
    while (trims && from < to && Character.isWhitespace(source.charAt(from))) {
      from++;
    }
    String mark = endRaw.group(1);
    int end = to;
    if (mark.equals("-")) {
      while (end > from && Character.isWhitespace(source.charAt(end - 1))) {
        end--;
      }
    } else if (mark.isEmpty()) {
      int k = end;
      while (k > from && (source.charAt(k - 1) == ' ' || source.charAt(k - 1) == '\t')) {
        k--;
      }
      end = k > from && source.charAt(k - 1) == '\n' ? k : end;
    }
    at = endRaw.end();
    if (end > from) {
      add(Kind.TEXT, source.substring(from, end));
    }
    trimNext = endRaw.group(2).equals("-");
    newlineNext = endRaw.group(2).isEmpty();
  }

  private void words(String close, boolean block) {
    int depth = 0;
    while (true) {
      while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
        at++;
      }
      if (at >= source.length()) {
        throw error("a tag without '" + close + "'");
      }
      if (depth == 0
          && (source.startsWith(close, at)
              || source.startsWith("-" + close, at)
              || (block && source.startsWith("+" + close, at)))) {
        boolean minus = source.charAt(at) == '-';
        boolean plus = source.charAt(at) == '+';
        at += close.length() + (minus || plus ? 1 : 0);
        trimNext = minus;
        newlineNext = block && !minus && !plus;
        add(block ? Kind.BLOCK_END : Kind.PRINT_END, "");
        return;
      }
      char c = source.charAt(at);
      if (c == '\'' || c == '"') {
        string(c);
      } else if (c >= '0' && c <= '9') {
        number();
      } else if (Character.isLetter(c) || c == '_') {
        int start = at;
        while (at < source.length()
            && (Character.isLetterOrDigit(source.charAt(at)) || source.charAt(at) == '_')) {
          at++;
        }
        add(Kind.NAME, source.substring(start, at));
      } else {
        String op = operator();
        depth += op.equals("(") || op.equals("[") || op.equals("{") ? 1 : 0;
        depth -= op.equals(")") || op.equals("]") || op.equals("}") ? 1 : 0;
        add(Kind.OPERATOR, op);
      }
    }
  }

  private String operator() {
    for (String op : OPERATORS) {
      if (source.startsWith(op, at)) {
        at += op.length();
        return op;
      }
    }
    throw error("unexpected '" + source.charAt(at) + "'");
  }

  private void number() {
    int start = at;
    if (source.charAt(at) == '0'
        && at + 1 < source.length()
        && "xXoObB".indexOf(source.charAt(at + 1)) >= 0) {
      at += 2;
      while (at < source.length()
          && (Character.digit(source.charAt(at), 16) >= 0 || source.charAt(at) == '_')) {
        at++;
      }
      add(Kind.INTEGER, source.substring(start, at).replace("_", ""));
      return;
    }
    boolean real = false;
    boolean exponent = false;
    while (at < source.length()) {
      char c = source.charAt(at);
      if (c == '.' && !real && at + 1 < source.length() && isDigit(source.charAt(at + 1))) {
        real = true;
      } else if ((c == 'e' || c == 'E') && !exponent && exponent(at + 1)) {
        exponent = true;
        real = true;
        at++; // the sign, or the first digit
      } else if (c != '_' && !isDigit(c)) {
        break;
      }
      at++;
    }
    add(real ? Kind.FLOAT : Kind.INTEGER, source.substring(start, at).replace("_", ""));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private boolean exponent(int i) {
    int k = i < source.length() && (source.charAt(i) == '-' || source.charAt(i) == '+') ? i + 1 : i;
    return k < source.length() && isDigit(source.charAt(k));
  }

  private void string(char quote) {
    StringBuilder out = new StringBuilder();
    at++;
    while (true) {
      if (at >= source.length()) {
        throw error("a string without end");
      }
      char c = source.charAt(at++);
      if (c == quote) {
        break;
      }
      if (c != '\\' || at >= source.length()) {
        out.append(c);
        continue;
      }
      char e = source.charAt(at++);
      escape(e, out);
    }
    add(Kind.STRING, out.toString());
  }

  /** Python's escapes in strings. */
  private void escape(char e, StringBuilder out) {
    int simple = "abfnrtv\\'\"".indexOf(e);
    if (simple >= 0) {
      out.append("\u0007\b\f\n\r\t\u000B\\'\"".charAt(simple));
    } else if (e == 'x') {
      out.appendCodePoint(code(2, 16));
    } else if (e == 'u') {
      out.append((char) code(4, 16));
    } else if (e == 'U') {
      out.appendCodePoint(code(8, 16));
    } else if (e >= '0' && e <= '7') {
      int value = e - '0';
      for (int n = 0;
          n < 2 && at < source.length() && Character.digit(source.charAt(at), 8) >= 0;
          n++) {
        value = value * 8 + Character.digit(source.charAt(at++), 8);
      }
      out.appendCodePoint(value);
    } else if (e == 'N') {
      throw error("'\\N' in a string is not supported");
    } else if (e != '\n') {
      out.append('\\').append(e);
    }
  }

  private int code(int digits, int radix) {
    long value = 0;
    for (int n = 0; n < digits; n++) {
      int digit = at < source.length() ? Character.digit(source.charAt(at), radix) : -1;
      if (digit < 0) {
        throw error("an escape in a string that needs " + digits + " digits");
      }
      value = value * radix + digit;
      at++;
    }
    if (value > Character.MAX_CODE_POINT) {
      throw error("an escape in a string that is no character");
    }
    return (int) value;
  }
}
