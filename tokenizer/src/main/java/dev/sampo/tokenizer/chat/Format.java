package dev.sampo.tokenizer.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Python's two ways to format: {@code "%5.2f" % x} and {@code "{:>5.2f}".format(x)}. */
final class Format {
  private static final int MAX_PRECISION = 1000;
  private static final Pattern PERCENT =
      Pattern.compile(
          "%(?:\\(([^)]*)\\))?([-+ #0]*)(\\*|\\d+)?(?:\\.(\\*|\\d*))?[hlL]?(.)", Pattern.DOTALL);
  private static final Pattern SPEC =
      Pattern.compile(
          "(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\\d+)?([,_])?(?:\\.(\\d+))?(.)?", Pattern.DOTALL);

  private Format() {}

  // ---- "..." % values

  static String percent(Run run, String format, @Nullable Object value) {
    List<?> values =
        value instanceof Sequence.Tuple ? (List<?>) value : java.util.Arrays.asList(value);
    Matcher m = PERCENT.matcher(format);
    StringBuilder out = new StringBuilder();
    int next = 0;
    int start = 0;
    boolean named = false;
    for (int at = format.indexOf('%'); at >= 0; at = format.indexOf('%', start)) {
      out.append(format, start, at);
      if (!m.find(at) || m.start() != at) {
        throw run.error("'%': an incomplete format");
      }
      start = m.end();
      char kind = m.group(5).charAt(0);
      if (kind == '%') {
        out.append('%');
        continue;
      }
      String flags = m.group(2);
      int width;
      int precision;
      if ("*".equals(m.group(3))) {
        width = (int) small(run, argument(run, values, next++));
      } else {
        width = m.group(3) == null ? 0 : number(run, m.group(3));
      }
      if ("*".equals(m.group(4))) {
        precision = (int) small(run, argument(run, values, next++));
      } else {
        precision = m.group(4) == null ? -1 : m.group(4).isEmpty() ? 0 : number(run, m.group(4));
      }
      Object v;
      if (m.group(1) != null) {
        if (!(value instanceof Map)) {
          throw run.error("'%': a format with a name needs a dict");
        }
        if (!((Map<?, ?>) value).containsKey(m.group(1))) {
          throw run.error("'%': there is no '" + m.group(1) + "'");
        }
        v = ((Map<?, ?>) value).get(m.group(1));
        named = true;
      } else {
        v = argument(run, values, next++);
      }
      out.append(one(run, kind, flags, width, precision, v));
      run.characters(out.length() / 16, "'%'");
    }
    boolean subscripted =
        !(value instanceof Sequence.Tuple)
            && (value instanceof java.util.Collection
                || value instanceof Map
                || value instanceof Undefined);
    if (!named && next < values.size() && !subscripted) {
      throw run.error("'%': not all arguments are used");
    }
    return run.built(out.append(format, start, format.length()).toString(), "'%'");
  }

  private static @Nullable Object argument(Run run, List<?> values, int i) {
    if (i >= values.size()) {
      throw run.error("'%': not enough arguments for the format");
    }
    return values.get(i);
  }

  private static String one(
      Run run, char kind, String flags, int width, int precision, @Nullable Object v) {
    boolean left = flags.indexOf('-') >= 0 || width < 0;
    String sign = flags.indexOf('+') >= 0 ? "+" : flags.indexOf(' ') >= 0 ? " " : "";
    String body;
    switch (kind) {
      case 's':
      case 'r':
      case 'a':
        body = Values.text(run, v);
        if (kind != 's') {
          StringBuilder repr = new StringBuilder();
          Repr.write(run, v, repr);
          body = repr.toString();
        }
        body = precision >= 0 ? cut(body, precision) : body;
        return Strings.justify(run, body, Math.abs(width), " ", left ? -1 : 1);
      case 'c':
        if (!Values.isWhole(v) && !(v instanceof String && Values.length(run, v) == 1)) {
          throw run.error("'%c' of " + Values.type(v));
        }
        body = v instanceof String ? (String) v : character(run, v);
        return Strings.justify(run, body, Math.abs(width), " ", left ? -1 : 1);
      case 'd':
      case 'i':
      case 'u':
        body = digits(run, 'd', v, true);
        break;
      case 'x':
      case 'X':
      case 'o':
        body = digits(run, kind, v, false);
        if (flags.indexOf('#') >= 0) {
          body = prefixed(body, "0" + kind);
        }
        break;
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        if (!Values.isNumber(v)) {
          throw run.error("'%" + kind + "' of " + Values.type(v));
        }
        body =
            floating(
                run, kind, Values.real(v), precision < 0 ? 6 : precision, flags.indexOf('#') >= 0);
        break;
      default:
        throw run.error("'%" + kind + "' is no format");
    }
    if (precision >= 0 && "diuxXo".indexOf(kind) >= 0) {
      body = zeros(run, body, precision + (body.startsWith("-") ? 1 : 0));
    }
    if (!body.startsWith("-")) {
      body = sign + body;
    }
    if (flags.indexOf('0') >= 0 && !left) {
      return body.startsWith(" ")
          ? " " + zeros(run, body.substring(1), width - 1)
          : zeros(run, body, width);
    }
    return Strings.justify(run, body, Math.abs(width), " ", left ? -1 : 1);
  }

  private static String prefixed(String body, String prefix) {
    return body.startsWith("-") ? "-" + prefix + body.substring(1) : prefix + body;
  }

  /** Zeros between the sign and the digits. */
  static String zeros(Run run, String body, int width) {
    int signs = !body.isEmpty() && "+-".indexOf(body.charAt(0)) >= 0 ? 1 : 0;
    long missing = width - Values.length(run, body);
    return missing <= 0
        ? body
        : body.substring(0, signs) + Strings.repeat(run, "0", missing) + body.substring(signs);
  }

  private static String cut(String s, int codePoints) {
    return s.codePointCount(0, s.length()) <= codePoints
        ? s
        : s.substring(0, s.offsetByCodePoints(0, codePoints));
  }

  private static String character(Run run, @Nullable Object v) {
    BigInteger c = Values.big(v);
    if (c.signum() < 0 || c.bitLength() > 21 || c.intValue() > Character.MAX_CODE_POINT) {
      throw run.error("format 'c' of " + v);
    }
    return new String(Character.toChars(c.intValue()));
  }

  private static long small(Run run, @Nullable Object v) {
    if (!(v instanceof Long) || Math.abs((Long) v) > Integer.MAX_VALUE / 4) {
      throw run.error("'%*' needs a small whole number");
    }
    return (Long) v;
  }

  private static int number(Run run, String digits) {
    if (digits.length() > 8) {
      throw run.error("a format with the width " + digits);
    }
    return Integer.parseInt(digits);
  }

  private static String digits(Run run, char kind, @Nullable Object v, boolean truncates) {
    BigInteger n;
    if (Values.isWhole(v)) {
      n = Values.big(v);
    } else if (truncates && v instanceof Double && Double.isFinite((Double) v)) {
      n = new BigDecimal((Double) v).toBigInteger();
    } else {
      throw run.error("format '" + kind + "' of " + Values.type(v));
    }
    int radix = kind == 'd' ? 10 : kind == 'o' ? 8 : kind == 'b' ? 2 : 16;
    String s = n.toString(radix);
    return kind == 'X' ? s.toUpperCase(Locale.ROOT) : s;
  }

  // ---- numbers

  /** {@code digits} as d.ddde+XX. */
  static String exponential(String digits, int exponent, char e) {
    boolean negative = digits.startsWith("-");
    String d = negative ? digits.substring(1) : digits;
    String mantissa = d.length() == 1 ? d : d.charAt(0) + "." + d.substring(1);
    int size = Math.abs(exponent);
    return (negative ? "-" : "")
        + mantissa
        + e
        + (exponent < 0 ? "-" : "+")
        + (size < 10 ? "0" : "")
        + size;
  }

  /** A float by e, f, g or their capitals, from its exact value, half to even. */
  static String floating(Run run, char kind, double d, int precision, boolean alternate) {
    if (precision > MAX_PRECISION) {
      throw run.error("a format with the precision " + precision);
    }
    char lower = Character.toLowerCase(kind);
    String s;
    if (Double.isNaN(d)) {
      s = "nan";
    } else if (Double.isInfinite(d)) {
      s = d > 0 ? "inf" : "-inf";
    } else if (lower == 'f') {
      s = new BigDecimal(d).setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
      s = alternate && precision == 0 ? s + "." : s;
    } else if (lower == 'e') {
      s = scientific(d, precision + 1);
    } else {
      s = general(d, Math.max(1, precision), alternate);
    }
    if (d == 0 && 1 / d < 0 && !s.startsWith("-") || d < 0 && !s.startsWith("-")) {
      s = "-" + s;
    }
    return kind == lower ? s : s.toUpperCase(Locale.ROOT);
  }

  private static String scientific(double d, int significant) {
    if (d == 0) {
      return exponential(zeroDigits(significant), 0, 'e');
    }
    BigDecimal r = new BigDecimal(d).round(new MathContext(significant, RoundingMode.HALF_EVEN));
    int exponent = r.precision() - r.scale() - 1;
    StringBuilder digits = new StringBuilder(r.unscaledValue().toString());
    int signs = digits.charAt(0) == '-' ? 1 : 0;
    while (digits.length() - signs < significant) {
      digits.append('0');
    }
    digits.setLength(significant + signs);
    return exponential(digits.toString(), exponent, 'e');
  }

  private static String zeroDigits(int n) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < n; i++) {
      out.append('0');
    }
    return out.toString();
  }

  private static String general(double d, int significant, boolean alternate) {
    String e = scientific(d, significant);
    int at = e.indexOf('e');
    int exponent = Integer.parseInt(e.substring(at + 1).replace("+", ""));
    if (exponent >= -4 && exponent < significant) {
      String s =
          new BigDecimal(d)
              .setScale(significant - 1 - exponent, RoundingMode.HALF_EVEN)
              .toPlainString();
      return alternate ? s : trimmed(s);
    }
    return (alternate ? e.substring(0, at) : trimmed(e.substring(0, at))) + e.substring(at);
  }

  private static String trimmed(String s) {
    if (s.indexOf('.') < 0) {
      return s;
    }
    int end = s.length();
    while (s.charAt(end - 1) == '0') {
      end--;
    }
    return s.substring(0, s.charAt(end - 1) == '.' ? end - 1 : end);
  }

  // ---- "{...}".format(values)

  static String braces(
      Run run, String s, List<@Nullable Object> args, Map<String, @Nullable Object> named) {
    StringBuilder out = new StringBuilder();
    int[] next = {0};
    int i = 0;
    while (i < s.length()) {
      char c = s.charAt(i);
      if ((c == '{' || c == '}') && i + 1 < s.length() && s.charAt(i + 1) == c) {
        out.append(c);
        i += 2;
      } else if (c == '}') {
        throw run.error("format(): a '}' without '{'");
      } else if (c == '{') {
        int end = closing(run, s, i);
        out.append(field(run, s.substring(i + 1, end), args, named, next));
        run.characters(out.length() / 16, "format()");
        i = end + 1;
      } else {
        out.append(c);
        i++;
      }
    }
    return run.built(out.toString(), "format()");
  }

  private static int closing(Run run, String s, int open) {
    int depth = 0;
    for (int i = open; i < s.length(); i++) {
      depth += s.charAt(i) == '{' ? 1 : s.charAt(i) == '}' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    throw run.error("format(): a '{' that is not closed");
  }

  private static String field(
      Run run,
      String field,
      List<@Nullable Object> args,
      Map<String, @Nullable Object> named,
      int[] next) {
    int colon = field.indexOf(':');
    String name = colon < 0 ? field : field.substring(0, colon);
    String spec = colon < 0 ? "" : field.substring(colon + 1);
    char conversion = 0;
    int bang = name.indexOf('!');
    if (bang >= 0) {
      if (bang + 2 != name.length() || "rsa".indexOf(name.charAt(bang + 1)) < 0) {
        throw run.error("format(): '" + name + "' has no conversion that exists");
      }
      conversion = name.charAt(bang + 1);
      name = name.substring(0, bang);
    }
    Object v = lookup(run, name, args, named, next);
    if (conversion == 's') {
      v = Values.text(run, v);
    } else if (conversion != 0) {
      StringBuilder repr = new StringBuilder();
      Repr.write(run, v, repr);
      v = repr.toString();
    }
    return spec(run, v, spec.indexOf('{') < 0 ? spec : inner(run, spec, args, named, next));
  }

  /** The width and so on of a format that are arguments themselves. */
  private static String inner(
      Run run,
      String spec,
      List<@Nullable Object> args,
      Map<String, @Nullable Object> named,
      int[] next) {
    StringBuilder out = new StringBuilder();
    int start = 0;
    for (int open = spec.indexOf('{'); open >= 0; open = spec.indexOf('{', start)) {
      int end = spec.indexOf('}', open);
      String name = end < 0 ? "" : spec.substring(open + 1, end);
      if (end < 0 || name.indexOf('{') >= 0 || name.indexOf(':') >= 0) {
        throw run.error("format(): a format within a format within a format");
      }
      out.append(spec, start, open).append(Values.text(run, lookup(run, name, args, named, next)));
      start = end + 1;
    }
    return out.append(spec, start, spec.length()).toString();
  }

  private static @Nullable Object lookup(
      Run run,
      String name,
      List<@Nullable Object> args,
      Map<String, @Nullable Object> named,
      int[] next) {
    int end = 0;
    while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
      end++;
    }
    String first = name.substring(0, end);
    Object v;
    if (first.isEmpty() || isIndex(first)) {
      if (next[0] != 0 && first.isEmpty() != next[0] > 0) {
        throw run.error("format() mixes '{}' with '{0}'");
      }
      int index = first.isEmpty() ? next[0]++ : number(run, first);
      next[0] = first.isEmpty() ? next[0] : -1;
      if (index >= args.size()) {
        throw run.error("format() has no argument " + index);
      }
      v = args.get(index);
    } else if (named.containsKey(first)) {
      v = named.get(first);
    } else {
      throw run.error("format() has no argument '" + first + "'");
    }
    while (end < name.length()) {
      boolean dot = name.charAt(end) == '.';
      int stop = end + 1;
      while (stop < name.length()
          && (dot
              ? name.charAt(stop) != '.' && name.charAt(stop) != '['
              : name.charAt(stop) != ']')) {
        stop++;
      }
      String key = name.substring(end + 1, stop);
      v =
          dot
              ? Operators.attribute(run, v, key)
              : Operators.item(run, v, isIndex(key) ? (Object) (long) number(run, key) : key);
      end = dot ? stop : stop + 1;
    }
    return v;
  }

  private static boolean isIndex(String s) {
    return !s.isEmpty() && s.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /** Python's format(value, spec). */
  static String spec(Run run, @Nullable Object v, String spec) {
    if (spec.isEmpty()) {
      return Values.text(run, v);
    }
    Matcher m = SPEC.matcher(spec);
    if (!m.matches() || m.group(4) != null) {
      throw run.error("format(): '" + spec + "' is no format that is supported");
    }
    boolean number = Values.isNumber(v);
    if (!number && !(v instanceof String)) {
      throw run.error("format(): '" + spec + "' for " + Values.type(v));
    }
    boolean zero = m.group(6) != null;
    String fill = m.group(1) != null ? m.group(1) : zero ? "0" : " ";
    String align = m.group(2) != null ? m.group(2) : zero && number ? "=" : number ? ">" : "<";
    int width = m.group(7) == null ? 0 : number(run, m.group(7));
    int precision = m.group(9) == null ? -1 : number(run, m.group(9));
    char kind = m.group(10) == null ? 0 : m.group(10).charAt(0);
    String body;
    if (!number) {
      if (kind != 0 && kind != 's'
          || m.group(3) != null
          || m.group(8) != null
          || align.equals("=")) {
        throw run.error("format(): '" + spec + "' for " + Values.type(v));
      }
      body = Values.text(run, v);
      body = precision >= 0 ? cut(body, precision) : body;
    } else {
      body = numeral(run, v, kind, precision, m.group(5) != null, m.group(8), spec);
      String sign = m.group(3) == null ? "-" : m.group(3);
      if (!body.startsWith("-") && !sign.equals("-")) {
        body = sign + body;
      }
      if (align.equals("=")) {
        int signs = "+- ".indexOf(body.charAt(0)) >= 0 ? 1 : 0;
        long missing = width - Values.length(run, body);
        return missing <= 0
            ? body
            : body.substring(0, signs) + Strings.repeat(run, fill, missing) + body.substring(signs);
      }
    }
    long missing = width - Values.length(run, body);
    if (missing <= 0) {
      return body;
    }
    long left = align.equals("<") ? 0 : align.equals(">") ? missing : missing / 2;
    return Strings.repeat(run, fill, left) + body + Strings.repeat(run, fill, missing - left);
  }

  private static String numeral(
      Run run,
      @Nullable Object v,
      char kind,
      int precision,
      boolean alternate,
      @Nullable String grouping,
      String spec) {
    String body;
    boolean whole = Values.isWhole(v);
    if (whole && (kind == 0 || "dxXob".indexOf(kind) >= 0)) {
      if (precision >= 0) {
        throw run.error("format(): a precision for a whole number in '" + spec + "'");
      }
      body = digits(run, kind == 0 ? 'd' : kind, v, false);
      if (alternate && kind != 0 && kind != 'd') {
        body = prefixed(body, "0" + kind);
      }
    } else if (whole && kind == 'c') {
      body = character(run, v);
    } else if (kind == '%') {
      body =
          floating(run, 'f', Values.real(v) * 100, precision < 0 ? 6 : precision, alternate) + "%";
    } else if (kind == 0) {
      body =
          precision < 0
              ? Repr.floating(Values.real(v))
              : shortGeneral(run, Values.real(v), precision);
    } else if (kind == 'n') {
      body =
          whole
              ? digits(run, 'd', v, false)
              : floating(run, 'g', Values.real(v), precision < 0 ? 6 : precision, alternate);
    } else if ("eEfFgG".indexOf(kind) >= 0) {
      body = floating(run, kind, Values.real(v), precision < 0 ? 6 : precision, alternate);
    } else {
      throw run.error("format(): '" + spec + "' for " + Values.type(v));
    }
    return grouping == null ? body : grouped(body, grouping, kind);
  }

  /** The format without a letter: as g, but with one digit behind the point at least. */
  private static String shortGeneral(Run run, double d, int precision) {
    String s = floating(run, 'g', d, precision, false);
    return s.indexOf('.') < 0 && s.indexOf('e') < 0 && s.indexOf('n') < 0 ? s + ".0" : s;
  }

  private static String grouped(String body, String separator, char kind) {
    int start = body.startsWith("-") ? 1 : 0;
    int end = start;
    while (end < body.length() && Character.digit(body.charAt(end), 16) >= 0) {
      end++;
    }
    int size = "xXob".indexOf(kind) >= 0 && kind != 0 ? 4 : 3;
    StringBuilder out = new StringBuilder(body.substring(start, end));
    for (int i = out.length() - size; i > 0; i -= size) {
      out.insert(i, separator);
    }
    return body.substring(0, start) + out + body.substring(end);
  }
}
