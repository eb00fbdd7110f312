package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.List;

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
  private boolean trimNext; // "-" at the end of the tag before: white space after it goes
  private boolean newlineNext; // a block or comment ended: one newline after it goes

  private Lexer(String source) {
    this.source = source;
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

  private int line() {
    int n = 1;
    for (int i = 0; i < at && i < source.length(); i++) {
      n += source.charAt(i) == '\n' ? 1 : 0;
    }
    return n;
  }

  private ChatTemplateException error(String what) {
    return new ChatTemplateException("Chat template, line " + line() + ": " + what);
  }

  private void add(Kind kind, String text) {
    tokens.add(
        new Token(
            kind, text, tokens.size() % 16 == 0 || kind == Kind.BLOCK_BEGIN ? line() : last()));
  }

  private int last() {
    return tokens.isEmpty() ? 1 : tokens.get(tokens.size() - 1).line;
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
    int i = at;
    while (i < source.length() && source.charAt(i) == ' ') {
      i++;
    }
    return source.startsWith("raw", i)
        && i + 3 < source.length()
        && (source.charAt(i + 3) == ' '
            || source.charAt(i + 3) == '%'
            || source.charAt(i + 3) == '-');
  }

  private void raw() {
    int begin = source.indexOf("%}", at);
    java.util.regex.Matcher end =
        java.util.regex.Pattern.compile("\\{%[-+]?\\s*endraw\\s*[-+]?%\\}").matcher(source);
    if (begin < 0 || !end.find(begin)) {
      throw error("raw without endraw");
    }
    add(Kind.TEXT, source.substring(begin + 2, end.start()));
    at = end.end();
    newlineNext = true;
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
    boolean real = false;
    while (at < source.length()) {
      char c = source.charAt(at);
      if (c == '.'
          && !real
          && at + 1 < source.length()
          && Character.isDigit(source.charAt(at + 1))) {
        real = true;
      } else if ((c == 'e' || c == 'E') && exponent(at + 1)) {
        real = true;
        at++; // the sign, or the first digit
      } else if (c != '_' && !Character.isDigit(c)) {
        break;
      }
      at++;
    }
    add(real ? Kind.FLOAT : Kind.INTEGER, source.substring(start, at).replace("_", ""));
  }

  private boolean exponent(int i) {
    int k = i < source.length() && (source.charAt(i) == '-' || source.charAt(i) == '+') ? i + 1 : i;
    return k < source.length() && Character.isDigit(source.charAt(k));
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
      switch (e) {
        case 'n':
          out.append('\n');
          break;
        case 't':
          out.append('\t');
          break;
        case 'r':
          out.append('\r');
          break;
        case 'b':
          out.append('\b');
          break;
        case 'f':
          out.append('\f');
          break;
        case 'u':
          out.append((char) Integer.parseInt(source.substring(at, at + 4), 16));
          at += 4;
          break;
        case 'x':
          out.append((char) Integer.parseInt(source.substring(at, at + 2), 16));
          at += 2;
          break;
        case '\\':
        case '\'':
        case '"':
          out.append(e);
          break;
        case '\n':
          break;
        default:
          out.append('\\').append(e);
      }
    }
    add(Kind.STRING, out.toString());
  }
}
