package dev.sampo.tokenizer.chat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Python's repr(). */
final class Repr {
  private static final int DOUBLE_DIGITS = 17;

  private Repr() {}

  static void write(Run run, @Nullable Object v, StringBuilder out) {
    int before = out.length();
    if (v == null) {
      out.append("None");
    } else if (v instanceof Boolean) {
      out.append((Boolean) v ? "True" : "False");
    } else if (v instanceof Double) {
      out.append(floating((Double) v));
    } else if (v instanceof String) {
      quoted((String) v, out);
    } else if (v instanceof Undefined) {
      out.append("Undefined");
    } else if (v instanceof Map) {
      map(run, (Map<?, ?>) v, out);
      return;
    } else if (v instanceof Sequence.Range) {
      out.append(((Sequence.Range) v).printed());
    } else if (v instanceof Collection) {
      sequence(run, (Collection<?>) v, out);
      return;
    } else if (v instanceof Attributes) {
      String printed = ((Attributes) v).printed(run);
      if (printed == null) {
        throw unprintable(run, v);
      }
      out.append(printed);
    } else if (Values.isWhole(v)) {
      out.append(v);
    } else {
      throw unprintable(run, v);
    }
    run.characters(out.length() - before, "printing a value");
  }

  private static ChatTemplateException unprintable(Run run, @Nullable Object v) {
    return run.error(
        Values.type(v)
            + " cannot be printed: Python writes its address"
            + (v instanceof Callable
                ? "; call it, with ()"
                : v instanceof Sequence.Lazy ? "; use |list" : ""));
  }

  private static void map(Run run, Map<?, ?> map, StringBuilder out) {
    run.enter("printing a dict");
    out.append('{');
    String between = "";
    for (Map.Entry<?, ?> e : map.entrySet()) {
      out.append(between);
      write(run, e.getKey(), out);
      out.append(": ");
      write(run, e.getValue(), out);
      between = ", ";
      run.characters(4, "printing a dict");
    }
    out.append('}');
    run.leave();
  }

  private static void sequence(Run run, Collection<?> items, StringBuilder out) {
    run.enter("printing a list");
    boolean tuple = items instanceof Sequence.Tuple;
    if (items instanceof Sequence.View) {
      out.append(((Sequence.View) items).name).append('(');
    }
    out.append(tuple ? '(' : '[');
    String between = "";
    for (Object o : items) {
      out.append(between);
      write(run, o, out);
      between = ", ";
      run.characters(2, "printing a list");
    }
    out.append(tuple ? (items.size() == 1 ? ",)" : ")") : "]");
    if (items instanceof Sequence.View) {
      out.append(')');
    }
    run.leave();
  }

  /** The shortest decimal that reads as the same number, in Python's spelling. */
  static String floating(double d) {
    if (Double.isNaN(d)) {
      return "nan";
    }
    if (Double.isInfinite(d)) {
      return d > 0 ? "inf" : "-inf";
    }
    if (d == 0) {
      return 1 / d < 0 ? "-0.0" : "0.0";
    }
    BigDecimal exact = new BigDecimal(d);
    BigDecimal shortest = exact;
    for (int digits = 1; digits <= DOUBLE_DIGITS; digits++) {
      shortest = exact.round(new MathContext(digits));
      if (shortest.doubleValue() == d) {
        break;
      }
    }
    shortest = shortest.stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = shortest.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    return Format.exponential(shortest.unscaledValue().toString(), exponent, 'e');
  }

  private static void quoted(String s, StringBuilder out) {
    char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    for (int i = 0; i < s.length(); ) {
      int c = s.codePointAt(i);
      i += Character.charCount(c);
      if (c == '\n') {
        out.append("\\n");
      } else if (c == '\t') {
        out.append("\\t");
      } else if (c == '\r') {
        out.append("\\r");
      } else if (c == '\\' || c == quote) {
        out.append('\\').append((char) c);
      } else if (printable(c)) {
        out.appendCodePoint(c);
      } else {
        String format = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
        out.append(String.format(java.util.Locale.ROOT, format, c));
      }
    }
    out.append(quote);
  }

  private static boolean printable(int c) {
    switch (Character.getType(c)) {
      case Character.CONTROL:
      case Character.FORMAT:
      case Character.SURROGATE:
      case Character.PRIVATE_USE:
      case Character.UNASSIGNED:
      case Character.LINE_SEPARATOR:
      case Character.PARAGRAPH_SEPARATOR:
        return false;
      case Character.SPACE_SEPARATOR:
        return c == ' ';
      default:
        return true;
    }
  }
}
