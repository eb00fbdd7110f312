package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Python's values in Java: None is null, int is Long, float is Double, str is String, list and tuple are List, dict is Map.
 */
final class Values {
  /** What a name without value gives. */
  static final Object UNDEFINED =
      new Object() {
        @Override
        public String toString() {
          return "";
        }
      };

  /** A list that prints as a tuple. */
  static final class Tuple extends ArrayList<@Nullable Object> {
    private static final long serialVersionUID = 1L;
  }

  /** Something that can be called. */
  interface Callable {
    @Nullable Object call(List<@Nullable Object> args, Map<String, @Nullable Object> named);
  }

  private Values() {}

  /** Numbers, strings, lists and maps of Java as values. */
  static @Nullable Object of(@Nullable Object value) {
    if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
      return ((Number) value).longValue();
    }
    if (value instanceof Float) {
      return ((Float) value).doubleValue();
    }
    if (value instanceof Collection) {
      List<@Nullable Object> out = new ArrayList<>();
      for (Object o : (Collection<?>) value) {
        out.add(of(o));
      }
      return out;
    }
    if (value instanceof Map) {
      Map<@Nullable Object, @Nullable Object> out = new LinkedHashMap<>();
      for (Map.Entry<?, ?> e : ((Map<?, ?>) value).entrySet()) {
        out.put(of(e.getKey()), of(e.getValue()));
      }
      return out;
    }
    return value;
  }

  static boolean truth(@Nullable Object v) {
    if (v == null || v == UNDEFINED) {
      return false;
    }
    if (v instanceof Boolean) {
      return (Boolean) v;
    }
    if (v instanceof Long) {
      return (Long) v != 0;
    }
    if (v instanceof Double) {
      return (Double) v != 0;
    }
    if (v instanceof String) {
      return !((String) v).isEmpty();
    }
    if (v instanceof Collection) {
      return !((Collection<?>) v).isEmpty();
    }
    return !(v instanceof Map) || !((Map<?, ?>) v).isEmpty();
  }

  static boolean same(@Nullable Object a, @Nullable Object b) {
    if (a == null || b == null) {
      return a == b;
    }
    if (isNumber(a) && isNumber(b)) {
      return number(a) == number(b);
    }
    if (a instanceof List && b instanceof List) {
      List<?> x = (List<?>) a;
      List<?> y = (List<?>) b;
      boolean all = x.size() == y.size();
      for (int i = 0; all && i < x.size(); i++) {
        all = same(x.get(i), y.get(i));
      }
      return all;
    }
    return a.equals(b);
  }

  static boolean isNumber(@Nullable Object v) {
    return v instanceof Long || v instanceof Double || v instanceof Boolean;
  }

  static double number(@Nullable Object v) {
    if (v instanceof Boolean) {
      return (Boolean) v ? 1 : 0;
    }
    if (v instanceof Number) {
      return ((Number) v).doubleValue();
    }
    throw new ChatTemplateException(type(v) + " is not a number");
  }

  static long integer(@Nullable Object v) {
    if (v instanceof Long) {
      return (Long) v;
    }
    if (v instanceof Boolean) {
      return (Boolean) v ? 1 : 0;
    }
    throw new ChatTemplateException(type(v) + " is not a whole number");
  }

  static int compare(@Nullable Object a, @Nullable Object b) {
    if (isNumber(a) && isNumber(b)) {
      return Double.compare(number(a), number(b));
    }
    if (a instanceof String && b instanceof String) {
      return ((String) a).compareTo((String) b);
    }
    throw new ChatTemplateException("'<' not supported between " + type(a) + " and " + type(b));
  }

  static boolean contains(@Nullable Object container, @Nullable Object item) {
    if (container instanceof String) {
      if (!(item instanceof String)) {
        throw new ChatTemplateException("'in <string>' requires a string, not " + type(item));
      }
      return ((String) container).contains((String) item);
    }
    if (container instanceof Map) {
      return ((Map<?, ?>) container).containsKey(item);
    }
    if (container instanceof Collection) {
      for (Object o : (Collection<?>) container) {
        if (same(o, item)) {
          return true;
        }
      }
      return false;
    }
    if (container == UNDEFINED) {
      return false;
    }
    throw new ChatTemplateException(type(container) + " is not a container");
  }

  /** The items that a loop goes over: elements, keys, characters. */
  static List<@Nullable Object> items(@Nullable Object v) {
    if (v instanceof List) {
      return new ArrayList<>((List<?>) v);
    }
    if (v instanceof Collection) {
      return new ArrayList<>((Collection<?>) v);
    }
    if (v instanceof Map) {
      return new ArrayList<>(((Map<?, ?>) v).keySet());
    }
    if (v instanceof String) {
      List<@Nullable Object> out = new ArrayList<>();
      String s = (String) v;
      for (int i = 0; i < s.length(); ) {
        int c = s.codePointAt(i);
        out.add(new String(Character.toChars(c)));
        i += Character.charCount(c);
      }
      return out;
    }
    if (v == UNDEFINED) {
      return new ArrayList<>();
    }
    throw new ChatTemplateException(type(v) + " cannot be looped over");
  }

  static String type(@Nullable Object v) {
    if (v == null) {
      return "None";
    }
    if (v == UNDEFINED) {
      return "an undefined value";
    }
    return v instanceof Boolean
        ? "bool"
        : v instanceof Long
            ? "int"
            : v instanceof Double
                ? "float"
                : v instanceof String
                    ? "str"
                    : v instanceof List ? "list" : v instanceof Map ? "dict" : "object";
  }

  /** Python's str(). */
  static String text(@Nullable Object v) {
    return v instanceof String ? (String) v : repr(v);
  }

  private static String repr(@Nullable Object v) {
    if (v == null) {
      return "None";
    }
    if (v instanceof Boolean) {
      return (Boolean) v ? "True" : "False";
    }
    if (v instanceof Double) {
      return floating((Double) v);
    }
    if (v instanceof String) {
      return quoted((String) v);
    }
    StringBuilder out = new StringBuilder();
    if (v instanceof Map) {
      for (Map.Entry<?, ?> e : ((Map<?, ?>) v).entrySet()) {
        out.append(out.length() == 0 ? "{" : ", ")
            .append(repr(e.getKey()))
            .append(": ")
            .append(repr(e.getValue()));
      }
      return out.length() == 0 ? "{}" : out.append('}').toString();
    }
    if (v instanceof Collection) {
      for (Object o : (Collection<?>) v) {
        out.append(out.length() == 0 ? "[" : ", ").append(repr(o));
      }
      if (v instanceof Tuple) {
        out.append(((Tuple) v).size() == 1 ? ",)" : ")");
        return out.length() == 1 ? "()" : "(" + out.substring(1);
      }
      return out.length() == 0 ? "[]" : out.append(']').toString();
    }
    return v.toString();
  }

  private static String floating(double d) {
    if (Double.isNaN(d)) {
      return "nan";
    }
    if (Double.isInfinite(d)) {
      return d > 0 ? "inf" : "-inf";
    }
    if (d == Math.rint(d) && Math.abs(d) < 1e16) {
      return Long.toString((long) d) + ".0";
    }
    String s = Double.toString(d);
    int e = s.indexOf('E');
    if (e < 0) {
      return s;
    }
    int exponent = Integer.parseInt(s.substring(e + 1));
    if (exponent >= -4 && exponent < 16) {
      return new java.math.BigDecimal(s).toPlainString();
    }
    String mantissa = s.substring(0, e);
    if (mantissa.endsWith(".0")) {
      mantissa = mantissa.substring(0, mantissa.length() - 2);
    }
    return mantissa
        + "e"
        + (exponent < 0 ? "-" : "+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  private static String quoted(String s) {
    char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder out = new StringBuilder().append(quote);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '\n':
          out.append("\\n");
          break;
        case '\t':
          out.append("\\t");
          break;
        case '\r':
          out.append("\\r");
          break;
        case '\\':
          out.append("\\\\");
          break;
        default:
          if (c == quote) {
            out.append('\\').append(c);
          } else if (c < 32 || c == 127) {
            out.append(String.format("\\x%02x", (int) c));
          } else {
            out.append(c);
          }
      }
    }
    return out.append(quote).toString();
  }

  /** Python's json.dumps with ensure_ascii=False, as transformers defines the filter tojson. */
  static void json(
      @Nullable Object v,
      int indent,
      int depth,
      String comma,
      String colon,
      boolean sort,
      StringBuilder out) {
    if (v == null) {
      out.append("null");
    } else if (v instanceof Boolean || v instanceof Long) {
      out.append(v);
    } else if (v instanceof Double) {
      double d = (Double) v;
      out.append(
          Double.isNaN(d)
              ? "NaN"
              : Double.isInfinite(d) ? (d > 0 ? "Infinity" : "-Infinity") : floating(d));
    } else if (v instanceof String) {
      jsonString((String) v, out);
    } else if (v instanceof Map) {
      Map<?, ?> map = (Map<?, ?>) v;
      List<Object> keys = new ArrayList<>(map.keySet());
      if (sort) {
        keys.sort(Values::compare);
      }
      String sep = "{";
      for (Object key : keys) {
        out.append(sep);
        newline(indent, depth + 1, out);
        jsonString(key instanceof String ? (String) key : jsonKey(key), out);
        out.append(colon);
        json(map.get(key), indent, depth + 1, comma, colon, sort, out);
        sep = comma;
      }
      close(map.isEmpty(), '{', '}', indent, depth, out);
    } else if (v instanceof Collection) {
      String sep = "[";
      for (Object o : (Collection<?>) v) {
        out.append(sep);
        newline(indent, depth + 1, out);
        json(o, indent, depth + 1, comma, colon, sort, out);
        sep = comma;
      }
      close(((Collection<?>) v).isEmpty(), '[', ']', indent, depth, out);
    } else {
      throw new ChatTemplateException(type(v) + " cannot be written as JSON");
    }
  }

  private static String jsonKey(@Nullable Object key) {
    StringBuilder out = new StringBuilder();
    json(key, -1, 0, ", ", ": ", false, out);
    return out.toString();
  }

  private static void close(
      boolean empty, char open, char end, int indent, int depth, StringBuilder out) {
    if (empty) {
      out.append(open);
    } else {
      newline(indent, depth, out);
    }
    out.append(end);
  }

  private static void newline(int indent, int depth, StringBuilder out) {
    if (indent >= 0) {
      out.append('\n');
      for (int i = 0; i < indent * depth; i++) {
        out.append(' ');
      }
    }
  }

  private static void jsonString(String s, StringBuilder out) {
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
          if (c < 32) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
      }
    }
    out.append('"');
  }
}
