package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads calls that are written in a language's own literals: Python's {@code [f(a=1, b="x")]} (LFM2, OLMo 3), and Gemma's {@code call:f{a:1,b:<escape>x<escape>}}.
 * What is no call stays text.
 */
final class LiteralCalls {
  private static final Pattern PYTHON =
      Pattern.compile(
          "<\\|tool_call_start\\|>(.*?)(?:<\\|tool_call_end\\|>|\\z)|<function_calls>(.*?)(?:</function_calls>|\\z)",
          Pattern.DOTALL);
  private static final Pattern GEMMA =
      Pattern.compile(
          "<start_function_call>(.*?)(?:<end_function_call>|\\z)|<\\|tool_call>(.*?)(?:<tool_call\\|>|\\z)",
          Pattern.DOTALL);
  private static final String[] GEMMA_QUOTES = {"<escape>", "<|\"|>", "\""};
  private static final Pattern NUMBER =
      Pattern.compile("-?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][-+]?[0-9]+)?");
  private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_.-]*");
  private static final int MAX_DEPTH = 50;

  private final String text;
  private final boolean python;
  private int at;
  private int depth;

  private LiteralCalls(String text, boolean python) {
    this.text = text;
    this.python = python;
  }

  /** The text is no such literal. */
  private static final class NoLiteralException extends Exception {
    private static final long serialVersionUID = 1;
  }

  /** Takes the calls out of an answer and gives the rest. */
  static String read(String answer, boolean python, List<ToolCall> calls) {
    StringBuilder rest = new StringBuilder();
    Matcher m = (python ? PYTHON : GEMMA).matcher(answer);
    int start = 0;
    while (m.find()) {
      String body = m.group(1) != null ? m.group(1) : m.group(2);
      List<ToolCall> found = new ArrayList<>(calls);
      try {
        LiteralCalls reader = new LiteralCalls(body, python);
        if (python) {
          reader.pythonCalls(found);
        } else {
          reader.gemmaCalls(found);
        }
      } catch (NoLiteralException e) {
        continue;
      }
      if (found.size() > calls.size()) {
        calls.clear();
        calls.addAll(found);
        rest.append(answer, start, m.start());
        start = m.end();
      }
    }
    return rest.append(answer, start, answer.length()).toString();
  }

  private void pythonCalls(List<ToolCall> calls) throws NoLiteralException {
    boolean list = eat("[");
    while (!(list ? eat("]") : ended())) {
      String name = name();
      want("(");
      add(calls, name, named(")", "="));
      // A list has commas, lines have none.
      eat(",");
    }
    if (!ended()) {
      throw new NoLiteralException();
    }
  }

  private void gemmaCalls(List<ToolCall> calls) throws NoLiteralException {
    while (!ended()) {
      want("call:");
      String name = name();
      want("{");
      add(calls, name, named("}", ":"));
    }
  }

  private static void add(List<ToolCall> calls, String name, Map<String, Object> arguments) {
    calls.add(new ToolCall(ToolCallFormat.idOf(calls.size()), name, arguments));
  }

  private Map<String, Object> named(String end, String between) throws NoLiteralException {
    Map<String, Object> values = new LinkedHashMap<>();
    while (!eat(end)) {
      String key = name();
      want(between);
      values.put(key, value());
      if (!eat(",")) {
        want(end);
        break;
      }
    }
    return values;
  }

  private @Nullable Object value() throws NoLiteralException {
    if (++depth > MAX_DEPTH) {
      throw new NoLiteralException();
    }
    try {
      if (eat("[")) {
        return list("]");
      }
      if (python && eat("(")) {
        return list(")");
      }
      if (eat("{")) {
        return python ? dictionary() : named("}", ":");
      }
      String string = string();
      return string != null ? string : word();
    } finally {
      depth--;
    }
  }

  private List<Object> list(String end) throws NoLiteralException {
    List<Object> values = new ArrayList<>();
    while (!eat(end)) {
      values.add(value());
      if (!eat(",")) {
        want(end);
        break;
      }
    }
    return values;
  }

  private Map<String, Object> dictionary() throws NoLiteralException {
    Map<String, Object> values = new LinkedHashMap<>();
    while (!eat("}")) {
      Object key = value();
      want(":");
      values.put(String.valueOf(key), value());
      if (!eat(",")) {
        want("}");
        break;
      }
    }
    return values;
  }

  private @Nullable String string() throws NoLiteralException {
    blank();
    if (python) {
      char quote = at < text.length() ? text.charAt(at) : ' ';
      return quote == '"' || quote == '\'' ? pythonString(quote) : null;
    }
    for (String quote : GEMMA_QUOTES) {
      if (text.startsWith(quote, at)) {
        int from = at + quote.length();
        int to = text.indexOf(quote, from);
        if (to < 0) {
          throw new NoLiteralException();
        }
        at = to + quote.length();
        return text.substring(from, to);
      }
    }
    return null;
  }

  private String pythonString(char quote) throws NoLiteralException {
    StringBuilder out = new StringBuilder();
    for (at++; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == quote) {
        at++;
        return out.toString();
      }
      if (c == '\\' && at + 1 < text.length()) {
        at++;
        escape(out, text.charAt(at));
      } else {
        out.append(c);
      }
    }
    throw new NoLiteralException();
  }

  private void escape(StringBuilder out, char c) throws NoLiteralException {
    int digits = c == 'u' ? 4 : c == 'x' ? 2 : 0;
    if (digits > 0) {
      if (at + digits >= text.length()) {
        throw new NoLiteralException();
      }
      try {
        out.append((char) Integer.parseInt(text.substring(at + 1, at + 1 + digits), 16));
      } catch (NumberFormatException e) {
        throw new NoLiteralException();
      }
      at += digits;
    } else if ("nrt0".indexOf(c) >= 0) {
      out.append("\n\r\t\0".charAt("nrt0".indexOf(c)));
    } else if (c == '\\' || c == '\'' || c == '"') {
      out.append(c);
    } else if (c != '\n') {
      out.append('\\').append(c);
    }
  }

  /** A number, or one of the few words that both languages know. */
  private @Nullable Object word() throws NoLiteralException {
    Matcher number = NUMBER.matcher(text).region(at, text.length());
    if (number.lookingAt()) {
      at = number.end();
      String digits = number.group();
      boolean whole = digits.matches("-?[0-9]{1,18}");
      return whole ? (Object) narrow(Long.parseLong(digits)) : Double.valueOf(digits);
    }
    switch (name()) {
      case "True":
      case "true":
        return true;
      case "False":
      case "false":
        return false;
      case "None":
      case "null":
        return null;
      default:
        throw new NoLiteralException();
    }
  }

  /** As JSON is read: small numbers are of the small type. */
  private static Number narrow(long value) {
    return value == (int) value ? (Number) Integer.valueOf((int) value) : Long.valueOf(value);
  }

  private String name() throws NoLiteralException {
    blank();
    Matcher m = NAME.matcher(text).region(at, text.length());
    if (!m.lookingAt()) {
      throw new NoLiteralException();
    }
    at = m.end();
    return m.group();
  }

  private void blank() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private boolean ended() {
    blank();
    return at >= text.length();
  }

  private boolean eat(String wanted) {
    blank();
    if (text.startsWith(wanted, at)) {
      at += wanted.length();
      return true;
    }
    return false;
  }

  private void want(String wanted) throws NoLiteralException {
    if (!eat(wanted)) {
      throw new NoLiteralException();
    }
  }
}
