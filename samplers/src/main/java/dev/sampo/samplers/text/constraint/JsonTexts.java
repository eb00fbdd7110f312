package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** How JSON is written: the rules for any value, and the spelling of strings. */
final class JsonTexts {
  private static final Expr SPACE = Expr.optional(Expr.text(" "));
  private static final Expr DIGIT = Expr.chars("0-9");
  private static final Expr HEX = Expr.chars("0-9a-fA-F");
  private static final List<Integer> SPECIAL =
      List.of(0, 0x1f, (int) '"', (int) '"', (int) '\\', (int) '\\');

  private JsonTexts() {}

  static Expr comma() {
    return Expr.seq(Expr.text(","), SPACE);
  }

  static Expr member(Expr key, Expr value) {
    return Expr.seq(key, Expr.text(":"), SPACE, value);
  }

  /** Items with commas between them. */
  static Expr list(Expr item, int min, int max) {
    if (max == 0) {
      return Expr.text("");
    }
    Expr more =
        new Expr.Repeat(
            Expr.seq(comma(), item), Math.max(0, min - 1), max == Expr.UNBOUNDED ? max : max - 1);
    Expr some = Expr.seq(item, more);
    return min == 0 ? Expr.optional(some) : some;
  }

  static Expr ref(String rule) {
    return new Expr.Ref(rule);
  }

  /** The rules {@code char, string, integer, number, boolean, null, value, object, array}. */
  static void addRules(Map<String, Expr> rules) {
    Expr low = Expr.seq(Expr.chars("0-9a-cefA-CEF"), HEX, HEX, HEX);
    Expr belowSurrogates = Expr.seq(Expr.chars("dD"), Expr.chars("0-7"), HEX, HEX);
    Expr escape =
        Expr.seq(
            Expr.text("\\"),
            Expr.alt(
                Expr.chars("\"\\/bfnrt"),
                Expr.seq(Expr.text("u"), Expr.alt(low, belowSurrogates))));
    rules.put("char", Expr.alt(new Expr.Chars(Expr.negate(SPECIAL)), escape));
    rules.put("string", Expr.seq(Expr.text("\""), Expr.many(ref("char")), Expr.text("\"")));
    Expr natural =
        Expr.alt(Expr.text("0"), Expr.seq(Expr.chars("1-9"), new Expr.Repeat(DIGIT, 0, 14)));
    rules.put("integer", Expr.seq(Expr.optional(Expr.text("-")), natural));
    Expr digits = new Expr.Repeat(DIGIT, 1, 15);
    Expr fraction = Expr.optional(Expr.seq(Expr.text("."), digits));
    Expr exponent =
        Expr.optional(
            Expr.seq(
                Expr.chars("eE"),
                Expr.optional(Expr.alt(Expr.text("+"), Expr.text("-"))),
                new Expr.Repeat(DIGIT, 1, 2)));
    rules.put("number", Expr.seq(ref("integer"), fraction, exponent));
    rules.put("boolean", Expr.alt(Expr.text("true"), Expr.text("false")));
    rules.put("null", Expr.text("null"));
    rules.put(
        "value",
        Expr.alt(
            ref("object"),
            ref("array"),
            ref("string"),
            ref("number"),
            ref("boolean"),
            ref("null")));
    Expr members = list(member(ref("string"), ref("value")), 0, Expr.UNBOUNDED);
    rules.put("object", Expr.seq(Expr.text("{"), members, Expr.text("}")));
    Expr items = list(ref("value"), 0, Expr.UNBOUNDED);
    rules.put("array", Expr.seq(Expr.text("["), items, Expr.text("]")));
  }

  /** A string with its quotes; half surrogate pairs are escaped, as UTF-8 cannot hold them. */
  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      out.append(spelled(c));
    }
    return out.append('"').toString();
  }

  private static String spelled(int c) {
    switch (c) {
      case '"':
        return "\\\"";
      case '\\':
        return "\\\\";
      case '\n':
        return "\\n";
      case '\r':
        return "\\r";
      case '\t':
        return "\\t";
      case '\b':
        return "\\b";
      case '\f':
        return "\\f";
      default:
        boolean plain = c > 0x1f && (c < 0xd800 || c > 0xdfff);
        return plain
            ? new String(Character.toChars(c))
            : String.format(java.util.Locale.ROOT, "\\u%04x", c);
    }
  }

  /** A set of characters, each in the one way that {@link #quoted} writes it. */
  static Expr spelled(Expr chars) {
    List<Integer> ranges = Expr.normalise(((Expr.Chars) chars).ranges());
    List<Expr> options = new ArrayList<>();
    List<Integer> plain = new ArrayList<>();
    for (int i = 0; i < ranges.size(); i += 2) {
      int high = ranges.get(i + 1);
      for (int c = ranges.get(i); c <= Math.min(high, 0x1f); c++) {
        options.add(Expr.text(spelled(c)));
      }
      for (int c : new int[] {'"', '\\'}) {
        if (c >= ranges.get(i) && c <= high) {
          options.add(Expr.text(spelled(c)));
        }
      }
      int low = Math.max(0x20, ranges.get(i));
      for (int c : new int[] {'"', '\\'}) {
        if (c >= low && c <= high) {
          Collections.addAll(plain, low, c - 1);
          low = c + 1;
        }
      }
      Collections.addAll(plain, low, high);
    }
    List<Integer> filled = new ArrayList<>();
    for (int i = 0; i < plain.size(); i += 2) {
      if (plain.get(i) <= plain.get(i + 1)) {
        Collections.addAll(filled, plain.get(i), plain.get(i + 1));
      }
    }
    if (options.isEmpty()) {
      return new Expr.Chars(filled);
    }
    if (!filled.isEmpty()) {
      options.add(new Expr.Chars(filled));
    }
    return options.size() == 1 ? options.get(0) : new Expr.Alt(options);
  }

  /** A value as it is; a space is optional where {@link #comma} and {@link #member} allow it. */
  static Expr constant(JsonNode value) {
    if (value.isTextual()) {
      return Expr.text(quoted(value.textValue()));
    }
    if (!value.isContainerNode()) {
      return Expr.text(value.isNumber() ? number(value) : value.toString());
    }
    List<Expr> parts = new ArrayList<>();
    parts.add(Expr.text(value.isArray() ? "[" : "{"));
    if (value.isArray()) {
      for (JsonNode item : value) {
        if (parts.size() > 1) {
          parts.add(comma());
        }
        parts.add(constant(item));
      }
    } else {
      for (Iterator<Map.Entry<String, JsonNode>> it = value.fields(); it.hasNext(); ) {
        Map.Entry<String, JsonNode> field = it.next();
        if (parts.size() > 1) {
          parts.add(comma());
        }
        parts.add(member(Expr.text(quoted(field.getKey())), constant(field.getValue())));
      }
    }
    parts.add(Expr.text(value.isArray() ? "]" : "}"));
    return new Expr.Seq(parts);
  }

  private static String number(JsonNode value) {
    java.math.BigDecimal number = value.decimalValue();
    boolean plain =
        SchemaNumbers.wholeDigits(number) <= 30 && Math.abs((long) number.scale()) <= 30;
    return plain ? number.toPlainString() : number.toString();
  }
}
