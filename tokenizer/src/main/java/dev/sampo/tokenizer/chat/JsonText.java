package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Python's json.dumps, as transformers defines the filter tojson. */
final class JsonText {
  private final Run run;
  private final boolean ascii;
  private final @Nullable String indent;
  private final String comma;
  private final String colon;
  private final boolean sort;
  private final StringBuilder out = new StringBuilder();
  private int depth;

  private JsonText(
      Run run, boolean ascii, @Nullable String indent, String comma, String colon, boolean sort) {
    this.run = run;
    this.ascii = ascii;
    this.indent = indent;
    this.comma = comma;
    this.colon = colon;
    this.sort = sort;
  }

  /** The filter with its arguments: ensure_ascii, indent, separators, sort_keys. */
  static String filter(Run run, @Nullable Object v, Signature.Bound a) {
    String indent = null;
    if (a.has(1) && a.get(1) != null) {
      indent =
          a.get(1) instanceof String
              ? (String) a.get(1)
              : Strings.repeat(run, " ", Math.max(0, a.number(1)));
    }
    String comma = indent == null ? ", " : ",";
    String colon = ": ";
    if (a.has(2) && a.get(2) != null) {
      List<@Nullable Object> two = Values.items(run, a.get(2));
      if (two.size() != 2 || !(two.get(0) instanceof String) || !(two.get(1) instanceof String)) {
        throw run.error("filter 'tojson': separators are not two strings");
      }
      comma = Values.text(run, two.get(0));
      colon = Values.text(run, two.get(1));
    }
    JsonText json = new JsonText(run, a.flag(0), indent, comma, colon, a.flag(3));
    json.write(v);
    return json.out.toString();
  }

  private void write(@Nullable Object v) {
    int before = out.length();
    if (v == null) {
      out.append("null");
    } else if (v instanceof Boolean || v instanceof Long || v instanceof java.math.BigInteger) {
      out.append(v);
    } else if (v instanceof Double) {
      out.append(floating((Double) v));
    } else if (v instanceof String) {
      string((String) v);
    } else if (v instanceof Map) {
      map((Map<?, ?>) v);
      return;
    } else if (v instanceof List
        && !(v instanceof Sequence.View)
        && !(v instanceof Sequence.Range)) {
      list((List<?>) v);
      return;
    } else {
      throw run.error("filter 'tojson': " + Values.type(v) + " cannot be written as JSON");
    }
    run.characters(out.length() - before, "filter 'tojson'");
  }

  private static String floating(double d) {
    return Double.isNaN(d)
        ? "NaN"
        : Double.isInfinite(d) ? (d > 0 ? "Infinity" : "-Infinity") : Repr.floating(d);
  }

  private void map(Map<?, ?> map) {
    List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
    if (sort) {
      entries.sort((a, b) -> Values.compare(run, a.getKey(), b.getKey()));
    }
    open('{');
    String before = "";
    for (Map.Entry<?, ?> e : entries) {
      between(before);
      string(key(e.getKey()));
      out.append(colon);
      write(e.getValue());
      before = comma;
    }
    close(entries.isEmpty(), '}');
  }

  private String key(@Nullable Object key) {
    if (key instanceof String) {
      return (String) key;
    }
    if (key == null) {
      return "null";
    }
    if (key instanceof Double) {
      return floating((Double) key);
    }
    if (key instanceof Boolean || Values.isWhole(key)) {
      return String.valueOf(key);
    }
    throw run.error("filter 'tojson': " + Values.type(key) + " cannot be a key in JSON");
  }

  private void list(Collection<?> items) {
    open('[');
    String before = "";
    for (Object o : items) {
      between(before);
      write(o);
      before = comma;
    }
    close(items.isEmpty(), ']');
  }

  private void open(char c) {
    run.enter("filter 'tojson': a value");
    depth++;
    out.append(c);
  }

  private void between(String separator) {
    int before = out.length();
    out.append(separator);
    newline();
    run.characters(out.length() - before + 2, "filter 'tojson'");
  }

  private void newline() {
    if (indent != null) {
      out.append('\n');
      run.characters((long) indent.length() * depth, "filter 'tojson'");
      for (int i = 0; i < depth; i++) {
        out.append(indent);
      }
    }
  }

  private void close(boolean empty, char c) {
    depth--;
    if (!empty) {
      newline();
    }
    out.append(c);
    run.leave();
  }

  private void string(String s) {
    out.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '"':
          out.append("\\\"");
          break;
        case '\\':
          out.append("\\\\");
          break;
        case '\n':
          out.append("\\n");
          break;
        case '\r':
          out.append("\\r");
          break;
        case '\t':
          out.append("\\t");
          break;
        case '\b':
          out.append("\\b");
          break;
        case '\f':
          out.append("\\f");
          break;
        default:
          if (c < ' ' || ascii && c > '~' && c != 0x7F) {
            out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            out.append(c);
          }
      }
    }
    out.append('"');
  }
}
