package dev.sampo.tokenizer.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Jinja's filters, and transformers' tojson in the place of Jinja's. */
final class Filters {
  private static final Table FILTERS = new Table("filter");
  private static final Pattern TAGS = Pattern.compile("<!--.*?-->|<[^>]*>", Pattern.DOTALL);
  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern WORD_START =
      Pattern.compile("(?<=[-\\s({\\[<])(?=[^-\\s({\\[<])", Pattern.UNICODE_CHARACTER_CLASS);
  private static final int PRINT_WIDTH = 80;

  /** Longer texts are no numbers. */
  private static final int MAX_NUMBER = 10_000;

  private static final int MAX_DIGITS = 4300;

  static {
    texts();
    shapes();
    numbers();
    sequences();
    ordering();
    choosing();
    FILTERS.refuse("is not supported in chat templates", "wordwrap", "urlize", "xmlattr", "random");
  }

  private Filters() {}

  static boolean has(String name) {
    return FILTERS.has(name);
  }

  static @Nullable Object filter(
      Run run,
      String name,
      @Nullable Object v,
      List<@Nullable Object> args,
      Map<String, @Nullable Object> named) {
    return FILTERS.call(run, name, v, args, named);
  }

  private static String text(Run run, @Nullable Object v) {
    return Values.text(run, v);
  }

  // ---- texts

  private static void convert(String names, UnaryOperator<String> body) {
    FILTERS.add(names, "", (run, v, a) -> run.built(body.apply(text(run, v)), "a filter"));
  }

  private static void texts() {
    convert("upper", s -> s.toUpperCase(Locale.ROOT));
    convert("lower", s -> s.toLowerCase(Locale.ROOT));
    convert("capitalize", Strings::capitalize);
    convert("title", Filters::title);
    convert("escape e forceescape", Filters::escape);
    FILTERS.add("string", "", (run, v, a) -> text(run, v));
    FILTERS.add("safe", "", (run, v, a) -> text(run, v));
    FILTERS.add(
        "trim", "chars?", (run, v, a) -> Strings.strip(text(run, v), a.textOrNull(0), true, true));
    FILTERS.add(
        "replace",
        "old, new, count?",
        (run, v, a) ->
            Strings.replace(
                run,
                text(run, v),
                text(run, a.get(0)),
                text(run, a.get(1)),
                a.has(2) && a.get(2) != null ? a.number(2) : -1));
    FILTERS.open(
        "format",
        (run, v, args, named) -> {
          if (!args.isEmpty() && !named.isEmpty()) {
            throw run.error("filter 'format' takes arguments by position or by name, not both");
          }
          return Format.percent(
              run,
              text(run, v),
              named.isEmpty() ? new Sequence.Tuple(args) : new java.util.LinkedHashMap<>(named));
        });
    FILTERS.add(
        "striptags",
        "",
        (run, v, a) -> {
          String plain = TAGS.matcher(text(run, v)).replaceAll("");
          List<@Nullable Object> words = Strings.split(run, plain, null, -1);
          StringBuilder out = new StringBuilder();
          for (Object word : words) {
            out.append(out.length() == 0 ? "" : " ").append(word);
          }
          return run.built(unescape(out.toString()), "filter 'striptags'");
        });
    FILTERS.add("urlencode", "", (run, v, a) -> urlEncode(run, v));
    FILTERS.add(
        "tojson",
        "ensure_ascii?, indent?, separators?, sort_keys?",
        (run, v, a) -> JsonText.filter(run, v, a));
    FILTERS.add("pprint", "", (run, v, a) -> pretty(run, v));
  }

  private static String title(String s) {
    StringBuilder out = new StringBuilder();
    for (String word : WORD_START.split(s, -1)) {
      if (!word.isEmpty()) {
        int n = Character.charCount(word.codePointAt(0));
        out.append(word.substring(0, n).toUpperCase(Locale.ROOT))
            .append(word.substring(n).toLowerCase(Locale.ROOT));
      }
    }
    return out.toString();
  }

  private static String escape(String s) {
    return s.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  private static String unescape(String s) {
    return s.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#39;", "'")
        .replace("&#34;", "\"")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
  }

  private static String urlEncode(Run run, @Nullable Object v) {
    if (v instanceof String || !(v instanceof Map || v instanceof List)) {
      return quote(run, text(run, v), "/");
    }
    List<@Nullable Object> pairs =
        v instanceof Map ? Methods.pairs(run, (Map<?, ?>) v) : Values.items(run, v);
    StringBuilder out = new StringBuilder();
    for (Object pair : pairs) {
      List<@Nullable Object> two = Values.items(run, pair);
      if (two.size() != 2) {
        throw run.error("filter 'urlencode' takes a text, a dict or pairs");
      }
      out.append(out.length() == 0 ? "" : "&")
          .append(quote(run, text(run, two.get(0)), "").replace("%20", "+"))
          .append('=')
          .append(quote(run, text(run, two.get(1)), "").replace("%20", "+"));
    }
    return out.toString();
  }

  private static String quote(Run run, String s, String safe) {
    StringBuilder out = new StringBuilder();
    for (byte b : dev.sampo.tokenizer.text.Utf8.encode(s)) {
      int c = b & 0xFF;
      if (c >= '0' && c <= '9'
          || c >= 'A' && c <= 'Z'
          || c >= 'a' && c <= 'z'
          || "_.-~".indexOf(c) >= 0
          || safe.indexOf(c) >= 0) {
        out.append((char) c);
      } else {
        out.append(String.format(Locale.ROOT, "%%%02X", c));
      }
    }
    return run.built(out.toString(), "filter 'urlencode'");
  }

  /** What fits on a line is repr() with sorted keys; how Python breaks longer ones is not done here. */
  private static String pretty(Run run, @Nullable Object v) {
    StringBuilder out = new StringBuilder();
    Repr.write(run, sorted(run, v), out);
    if (out.length() > PRINT_WIDTH
        && (v instanceof List || v instanceof Map || v instanceof String)) {
      throw run.error("filter 'pprint' of more than one line is not supported");
    }
    return out.toString();
  }

  private static @Nullable Object sorted(Run run, @Nullable Object v) {
    if (v instanceof Map) {
      run.enter("filter 'pprint': a value");
      List<Map.Entry<?, ?>> entries = new ArrayList<>(((Map<?, ?>) v).entrySet());
      entries.sort((a, b) -> Values.compare(run, a.getKey(), b.getKey()));
      Map<@Nullable Object, @Nullable Object> out = new java.util.LinkedHashMap<>();
      entries.forEach(e -> out.put(e.getKey(), sorted(run, e.getValue())));
      run.leave();
      return out;
    }
    if (Values.isList(v)) {
      run.enter("filter 'pprint': a value");
      List<@Nullable Object> out = new ArrayList<>();
      for (Object o : Values.items(run, v)) {
        out.add(sorted(run, o));
      }
      run.leave();
      return out;
    }
    return v;
  }

  private static void shapes() {
    FILTERS.add(
        "center",
        "width?",
        (run, v, a) -> Strings.justify(run, text(run, v), a.number(0, PRINT_WIDTH), " ", 0));
    FILTERS.add("indent", "width?, first?, blank?", (run, v, a) -> indent(run, text(run, v), a));
    FILTERS.add(
        "truncate",
        "length?, killwords?, end?, leeway?",
        (run, v, a) -> truncate(run, text(run, v), a));
    FILTERS.add(
        "wordcount",
        "",
        (run, v, a) -> {
          java.util.regex.Matcher m = WORD.matcher(text(run, v));
          long n = 0;
          while (m.find()) {
            run.step("filter 'wordcount'");
            n++;
          }
          return n;
        });
    FILTERS.add("filesizeformat", "binary?", (run, v, a) -> fileSize(run, v, a.flag(0)));
  }

  private static String indent(Run run, String s, Signature.Bound a) {
    String by =
        a.or(0, 4L) instanceof String ? a.string(0) : Strings.repeat(run, " ", a.number(0, 4));
    List<@Nullable Object> lines = Strings.lines(run, s + "\n", false);
    StringBuilder out = new StringBuilder(a.flag(1) ? by : "");
    for (int i = 0; i < lines.size(); i++) {
      String line = String.valueOf(lines.get(i));
      boolean indented = i > 0 && (a.flag(2) || !line.isEmpty());
      out.append(i > 0 ? "\n" : "").append(indented ? by : "").append(line);
      run.characters(by.length() + line.length(), "filter 'indent'");
    }
    return out.toString();
  }

  private static String truncate(Run run, String s, Signature.Bound a) {
    int length = a.number(0, 255);
    String end = a.has(2) ? a.string(2) : "...";
    int leeway = a.has(3) && a.get(3) != null ? a.number(3) : 5;
    int endLength = (int) Values.length(run, end);
    if (length < endLength || leeway < 0) {
      throw run.error("filter 'truncate': expected length >= " + endLength + " and leeway >= 0");
    }
    if (Values.length(run, s) <= (long) length + leeway) {
      return s;
    }
    String cut = s.substring(0, s.offsetByCodePoints(0, length - endLength));
    if (!a.flag(1)) {
      int space = cut.lastIndexOf(' ');
      cut = space < 0 ? cut : cut.substring(0, space);
    }
    return run.built(cut + end, "filter 'truncate'");
  }

  private static String fileSize(Run run, @Nullable Object v, boolean binary) {
    double bytes = Values.real(toFloat(run, v, Signature.ABSENT));
    double base = binary ? 1024 : 1000;
    String prefixes = "kMGTPEZY";
    if (bytes == 1) {
      return "1 Byte";
    }
    if (bytes < base) {
      return (long) bytes + " Bytes";
    }
    double unit = base;
    for (int i = 0; ; i++) {
      unit *= base;
      if (bytes < unit || i == prefixes.length() - 1) {
        char prefix = binary ? Character.toUpperCase(prefixes.charAt(i)) : prefixes.charAt(i);
        return Format.floating(run, 'f', base * bytes / unit, 1, false)
            + " "
            + prefix
            + (binary ? "iB" : "B");
      }
    }
  }

  // ---- numbers

  private static void numbers() {
    FILTERS.add(
        "int", "default?, base?", (run, v, a) -> toInt(run, v, a.or(0, 0L), a.number(1, 10)));
    FILTERS.add("float", "default?", (run, v, a) -> toFloat(run, v, a.or(0, 0.0)));
    FILTERS.add(
        "abs",
        "",
        (run, v, a) -> {
          if (v instanceof Double) {
            return Math.abs((Double) v);
          }
          if (!Values.isWhole(v)) {
            throw run.error("filter 'abs' of " + Values.type(v));
          }
          return Values.whole(Values.big(v).abs());
        });
    FILTERS.add("round", "precision?, method?", (run, v, a) -> round(run, v, a));
  }

  private static @Nullable Object toInt(
      Run run, @Nullable Object v, @Nullable Object otherwise, int base) {
    defined(run, "int", v);
    if (Values.isWhole(v)) {
      return Values.whole(Values.big(v));
    }
    if (v instanceof String && ((String) v).length() <= MAX_NUMBER) {
      String s = Strings.strip((String) v, null, true, true);
      BigInteger whole = whole(s, base);
      if (whole != null) {
        run.scan((long) s.length() * s.length() / 100, "filter 'int'");
        return Values.whole(whole);
      }
    }
    Object real = toFloat(run, v, null);
    return real instanceof Double && Double.isFinite((Double) real)
        ? Values.whole(new BigDecimal((Double) real).toBigInteger())
        : otherwise;
  }

  private static void defined(Run run, String filter, @Nullable Object v) {
    if (v instanceof Undefined) {
      throw run.error("filter '" + filter + "': " + ((Undefined) v).what + " is undefined");
    }
  }

  private static @Nullable BigInteger whole(String s, int base) {
    String digits = s.startsWith("+") || s.startsWith("-") ? s.substring(1) : s;
    int radix = base;
    String lower = digits.toLowerCase(Locale.ROOT);
    for (String[] known : new String[][] {{"0x", "16"}, {"0o", "8"}, {"0b", "2"}}) {
      int of = Integer.parseInt(known[1]);
      if (lower.startsWith(known[0]) && (base == 0 || base == of)) {
        digits = digits.substring(2);
        radix = of;
      }
    }
    radix = radix == 0 ? 10 : radix;
    if (radix < 2
        || radix > 36
        || !digits.matches("[0-9a-zA-Z]+(_[0-9a-zA-Z]+)*")
        || digits.length() > MAX_DIGITS) {
      return null;
    }
    try {
      BigInteger n = new BigInteger(digits.replace("_", ""), radix);
      return s.startsWith("-") ? n.negate() : n;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static @Nullable Object toFloat(Run run, @Nullable Object v, @Nullable Object otherwise) {
    defined(run, "float", v);
    if (Values.isNumber(v)) {
      return Values.real(v);
    }
    if (v instanceof String && ((String) v).length() <= MAX_NUMBER) {
      String s = Strings.strip((String) v, null, true, true).toLowerCase(Locale.ROOT);
      if (s.matches("[+-]?(inf|infinity)")) {
        return s.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      }
      if (s.matches("[+-]?nan")) {
        return Double.NaN;
      }
      String plain = s.replaceAll("(?<=\\d)_(?=\\d)", "");
      if (plain.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)(e[+-]?\\d+)?")) {
        return Double.parseDouble(plain);
      }
    }
    if (otherwise == Signature.ABSENT) {
      throw run.error(Values.type(v) + " is not a number");
    }
    return otherwise;
  }

  private static Object round(Run run, @Nullable Object v, Signature.Bound a) {
    String method = a.has(1) ? a.string(1) : "common";
    int precision = Math.max(-400, Math.min(400, a.number(0, 0)));
    if (!Values.isNumber(v)) {
      throw run.error("filter 'round' of " + Values.type(v));
    }
    if (method.equals("ceil") || method.equals("floor")) {
      double scale = Math.pow(10, precision);
      double scaled = Values.real(v) * scale;
      if (!Double.isFinite(scaled)) {
        throw run.error("filter 'round' of " + Repr.floating(Values.real(v)));
      }
      return (0.0 + (method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled))) / scale;
    }
    if (!method.equals("common")) {
      throw run.error(
          "filter 'round': the method is 'common', 'ceil' or 'floor', not '" + method + "'");
    }
    if (Values.isWhole(v)) {
      BigDecimal whole = new BigDecimal(Values.big(v));
      return precision >= 0
          ? Values.whole(Values.big(v))
          : Values.whole(whole.setScale(precision, RoundingMode.HALF_EVEN).toBigInteger());
    }
    double d = Values.real(v);
    if (!Double.isFinite(d)) {
      return d;
    }
    double rounded = new BigDecimal(d).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
    return rounded == 0 ? Math.copySign(0, d) : rounded;
  }

  // ---- sequences

  private static void sequences() {
    FILTERS.add("length count", "", (run, v, a) -> Values.length(run, v));
    FILTERS.add("list", "", (run, v, a) -> list(run, v));
    FILTERS.add(
        "default d",
        "default_value?, boolean?",
        (run, v, a) -> v instanceof Undefined || a.flag(1) && !Values.truth(v) ? a.or(0, "") : v);
    FILTERS.add("first", "", (run, v, a) -> first(run, v));
    FILTERS.add("last", "", (run, v, a) -> last(run, v));
    FILTERS.add("join", "d?, attribute?", (run, v, a) -> join(run, v, a));
    FILTERS.add("reverse", "", (run, v, a) -> reverse(run, v));
    FILTERS.add("batch", "linecount, fill_with?", (run, v, a) -> batch(run, v, a));
    FILTERS.add("slice", "slices, fill_with?", (run, v, a) -> slice(run, v, a));
    FILTERS.add("sum", "attribute?, start?", (run, v, a) -> sum(run, v, a));
    FILTERS.add(
        "items",
        "",
        (run, v, a) -> {
          if (v instanceof Undefined) {
            return new Sequence.Lazy("items", new ArrayList<>());
          }
          if (!(v instanceof Map)) {
            throw run.error("filter 'items' of " + Values.type(v) + "; it takes a dict");
          }
          return new Sequence.Lazy("items", Methods.pairs(run, (Map<?, ?>) v));
        });
    FILTERS.add(
        "attr",
        "name",
        (run, v, a) -> {
          String name = text(run, a.get(0));
          Object found = v instanceof Map ? Methods.of(v, name) : Operators.attribute(run, v, name);
          return v instanceof Map && found == null ? new Undefined("'" + name + "'") : found;
        });
  }

  private static List<@Nullable Object> list(Run run, @Nullable Object v) {
    List<@Nullable Object> items = Values.items(run, v);
    if (Values.isList(v) || v instanceof List) {
      run.elements(items.size(), "filter 'list'");
    }
    return new ArrayList<>(items);
  }

  private static @Nullable Object first(Run run, @Nullable Object v) {
    if (v instanceof Sequence.Lazy) {
      Sequence.Lazy lazy = (Sequence.Lazy) v;
      return lazy.hasNext() ? lazy.next() : new Undefined("the first of an empty sequence");
    }
    if (v instanceof String && !((String) v).isEmpty()) {
      return Operators.item(run, v, 0L);
    }
    List<@Nullable Object> all = Values.items(run, v);
    return all.isEmpty() ? new Undefined("the first of an empty sequence") : all.get(0);
  }

  private static @Nullable Object last(Run run, @Nullable Object v) {
    if (v instanceof Sequence.Lazy) {
      throw run.error("filter 'last' of " + Values.type(v) + "; use |list first");
    }
    if (v instanceof String && !((String) v).isEmpty()) {
      return Operators.item(run, v, -1L);
    }
    List<@Nullable Object> all = Values.items(run, v);
    return all.isEmpty() ? new Undefined("the last of an empty sequence") : all.get(all.size() - 1);
  }

  private static String join(Run run, @Nullable Object v, Signature.Bound a) {
    String between = text(run, a.or(0, ""));
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (Object o : Values.items(run, v)) {
      Object item = a.has(1) && a.get(1) != null ? path(run, o, a.get(1)) : o;
      int before = out.length();
      out.append(first ? "" : between).append(text(run, item));
      run.characters(out.length() - before, "filter 'join'");
      first = false;
    }
    return out.toString();
  }

  private static Object reverse(Run run, @Nullable Object v) {
    if (v instanceof String) {
      return run.built(new StringBuilder((String) v).reverse().toString(), "filter 'reverse'");
    }
    if (v instanceof Sequence.Lazy) {
      List<@Nullable Object> rest = ((Sequence.Lazy) v).rest(run);
      Collections.reverse(rest);
      return rest;
    }
    List<@Nullable Object> back = list(run, v);
    Collections.reverse(back);
    return new Sequence.Lazy("reverse", back);
  }

  private static Object batch(Run run, @Nullable Object v, Signature.Bound a) {
    int size = a.number(0);
    List<@Nullable Object> out = new ArrayList<>();
    List<@Nullable Object> row = new ArrayList<>();
    for (Object o : Values.items(run, v)) {
      run.elements(2, "filter 'batch'");
      if (row.size() == size) {
        out.add(row);
        row = new ArrayList<>();
      }
      row.add(o);
    }
    if (!row.isEmpty()) {
      if (a.has(1) && a.get(1) != null && row.size() < size) {
        run.elements(size, "filter 'batch'");
        while (row.size() < size) {
          row.add(a.get(1));
        }
      }
      out.add(row);
    }
    return new Sequence.Lazy("batch", out);
  }

  private static Object slice(Run run, @Nullable Object v, Signature.Bound a) {
    List<@Nullable Object> items = list(run, v);
    int slices = a.number(0);
    if (slices <= 0) {
      throw run.error("filter 'slice' into " + slices + " slices");
    }
    run.elements(slices, "filter 'slice'");
    int each = items.size() / slices;
    int longer = items.size() % slices;
    List<@Nullable Object> out = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < slices; i++) {
      int to = from + each + (i < longer ? 1 : 0);
      List<@Nullable Object> part = new ArrayList<>(items.subList(from, to));
      if (a.has(1) && a.get(1) != null && i >= longer) {
        part.add(a.get(1));
      }
      out.add(part);
      from = to;
    }
    return new Sequence.Lazy("slice", out);
  }

  private static @Nullable Object sum(Run run, @Nullable Object v, Signature.Bound a) {
    Object sum = a.or(1, 0L);
    if (sum instanceof String) {
      throw run.error("filter 'sum' cannot add strings; use 'join'");
    }
    for (Object o : Values.items(run, v)) {
      Object item = a.has(0) && a.get(0) != null ? path(run, o, a.get(0)) : o;
      sum = Operators.binary(run, "+", sum, item);
    }
    return sum;
  }

  // ---- ordering

  private static void ordering() {
    FILTERS.add("sort", "reverse?, case_sensitive?, attribute?", (run, v, a) -> sort(run, v, a));
    FILTERS.add("dictsort", "case_sensitive?, by?, reverse?", (run, v, a) -> dictSort(run, v, a));
    FILTERS.add("unique", "case_sensitive?, attribute?", (run, v, a) -> unique(run, v, a));
    FILTERS.add("min", "case_sensitive?, attribute?", (run, v, a) -> extreme(run, v, a, -1));
    FILTERS.add("max", "case_sensitive?, attribute?", (run, v, a) -> extreme(run, v, a, 1));
    FILTERS.add(
        "groupby", "attribute, default?, case_sensitive?", (run, v, a) -> groups(run, v, a));
  }

  private static @Nullable Object folded(@Nullable Object v, boolean exact) {
    return !exact && v instanceof String ? ((String) v).toLowerCase(Locale.ROOT) : v;
  }

  /** What an item is ordered by: itself, an attribute, or several with commas between. */
  private static @Nullable Object orderKey(
      Run run, @Nullable Object item, @Nullable Object attribute, boolean exact) {
    if (attribute == null || attribute == Signature.ABSENT) {
      return folded(item, exact);
    }
    if (attribute instanceof String && ((String) attribute).indexOf(',') >= 0) {
      List<@Nullable Object> keys = new ArrayList<>();
      for (String part : ((String) attribute).split(",", -1)) {
        keys.add(folded(path(run, item, part.trim()), exact));
      }
      return keys;
    }
    return folded(path(run, item, attribute), exact);
  }

  private static List<@Nullable Object> sort(Run run, @Nullable Object v, Signature.Bound a) {
    return sorted(run, list(run, v), a.get(2), a.flag(1), a.flag(0));
  }

  private static List<@Nullable Object> sorted(
      Run run,
      List<@Nullable Object> items,
      @Nullable Object attribute,
      boolean exact,
      boolean reverse) {
    List<@Nullable Object[]> keyed = new ArrayList<>();
    for (Object item : items) {
      keyed.add(new @Nullable Object[] {orderKey(run, item, attribute, exact), item});
    }
    // Python compares lists of keys: what is equal needs no order.
    Comparator<@Nullable Object[]> order =
        (x, y) -> Values.same(run, x[0], y[0]) ? 0 : Values.compare(run, x[0], y[0]);
    keyed.sort(reverse ? order.reversed() : order);
    List<@Nullable Object> out = new ArrayList<>();
    keyed.forEach(pair -> out.add(pair[1]));
    return out;
  }

  private static Object dictSort(Run run, @Nullable Object v, Signature.Bound a) {
    if (!(v instanceof Map)) {
      throw run.error("filter 'dictsort' of " + Values.type(v) + "; it takes a dict");
    }
    String by = a.has(1) ? text(run, a.get(1)) : "key";
    if (!by.equals("key") && !by.equals("value")) {
      throw run.error("filter 'dictsort': by is 'key' or 'value', not '" + by + "'");
    }
    return sorted(
        run, Methods.pairs(run, (Map<?, ?>) v), by.equals("key") ? 0L : 1L, a.flag(0), a.flag(2));
  }

  private static Object unique(Run run, @Nullable Object v, Signature.Bound a) {
    List<@Nullable Object> out = new ArrayList<>();
    Set<@Nullable Object> seen = new HashSet<>();
    for (Object o : Values.items(run, v)) {
      run.elements(2, "filter 'unique'");
      Object key = Values.key(run, orderKey(run, o, a.get(1), a.flag(0)));
      // 1, 1.0 and True are one value to Python.
      Object one =
          key instanceof Double && (Double) key == Math.rint((Double) key) || key instanceof Boolean
              ? (Object) (long) Values.real(key)
              : key instanceof Undefined ? Undefined.class : key;
      if (seen.add(one)) {
        out.add(o);
      }
    }
    return new Sequence.Lazy("unique", out);
  }

  private static @Nullable Object extreme(
      Run run, @Nullable Object v, Signature.Bound a, int sign) {
    List<@Nullable Object> items = Values.items(run, v);
    if (items.isEmpty()) {
      return new Undefined("the extreme of an empty sequence");
    }
    Object best = items.get(0);
    Object bestKey = orderKey(run, best, a.get(1), a.flag(0));
    for (Object o : items.subList(1, items.size())) {
      Object key = orderKey(run, o, a.get(1), a.flag(0));
      if (sign * Values.compare(run, key, bestKey) > 0) {
        best = o;
        bestKey = key;
      }
    }
    return best;
  }

  private static Object groups(Run run, @Nullable Object v, Signature.Bound a) {
    boolean exact = a.flag(2);
    List<@Nullable Object[]> keyed = new ArrayList<>();
    for (Object o : Values.items(run, v)) {
      run.elements(4, "filter 'groupby'");
      Object found = path(run, o, a.get(0));
      found = found instanceof Undefined && a.has(1) && a.get(1) != null ? a.get(1) : found;
      keyed.add(new @Nullable Object[] {folded(found, exact), found, o});
    }
    keyed.sort((x, y) -> Values.compare(run, x[0], y[0]));
    List<@Nullable Object> out = new ArrayList<>();
    List<@Nullable Object> members = new ArrayList<>();
    for (int i = 0; i < keyed.size(); i++) {
      if (i == 0 || !Values.same(run, keyed.get(i - 1)[0], keyed.get(i)[0])) {
        members = new ArrayList<>();
        out.add(new Sequence.Group(keyed.get(i)[1], members));
      }
      members.add(keyed.get(i)[2]);
    }
    return out;
  }

  // ---- choosing

  private static void choosing() {
    FILTERS.open("map", Filters::map);
    for (String name : new String[] {"select", "reject", "selectattr", "rejectattr"}) {
      FILTERS.open(name, (run, v, args, named) -> choose(run, name, v, args, named));
    }
  }

  private static Object map(
      Run run,
      @Nullable Object v,
      List<@Nullable Object> args,
      Map<String, @Nullable Object> named) {
    List<@Nullable Object> out = new ArrayList<>();
    if (args.isEmpty()) {
      Signature signature = new Signature("attribute, default?");
      Signature.Bound a = signature.bind(run, "filter 'map'", args, named);
      for (Object o : Values.items(run, v)) {
        run.elements(1, "filter 'map'");
        Object got = path(run, o, a.get(0));
        out.add(got instanceof Undefined && a.has(1) && a.get(1) != null ? a.get(1) : got);
      }
    } else {
      String name = text(run, args.get(0));
      List<@Nullable Object> rest = args.subList(1, args.size());
      for (Object o : Values.items(run, v)) {
        run.elements(1, "filter 'map'");
        run.enter("filter 'map'");
        out.add(filter(run, name, o, rest, named));
        run.leave();
      }
    }
    return new Sequence.Lazy("map", out);
  }

  private static Object choose(
      Run run,
      String filter,
      @Nullable Object v,
      List<@Nullable Object> args,
      Map<String, @Nullable Object> named) {
    boolean attr = filter.endsWith("attr");
    boolean keep = filter.startsWith("select");
    int k = attr ? 1 : 0;
    if (args.size() < k) {
      throw run.error("filter '" + filter + "' needs the name of an attribute");
    }
    if (k >= args.size() && !named.isEmpty()) {
      throw run.error(
          "filter '" + filter + "' knows no argument '" + named.keySet().iterator().next() + "'");
    }
    List<@Nullable Object> out = new ArrayList<>();
    for (Object o : Values.items(run, v)) {
      run.elements(1, "filter '" + filter + "'");
      Object tested = attr ? path(run, o, args.get(0)) : o;
      boolean yes =
          k < args.size()
              ? Tests.test(
                  run, text(run, args.get(k)), tested, args.subList(k + 1, args.size()), named)
              : Values.truth(tested);
      if (yes == keep) {
        out.add(o);
      }
    }
    return new Sequence.Lazy(filter, out);
  }

  /** An attribute by its path: {@code function.name}, {@code 0.name}. */
  private static @Nullable Object path(Run run, @Nullable Object v, @Nullable Object attribute) {
    if (!(attribute instanceof String)) {
      return Operators.item(run, v, attribute);
    }
    Object o = v;
    for (String part : ((String) attribute).split("\\.", -1)) {
      boolean index =
          !part.isEmpty() && part.length() < 10 && part.chars().allMatch(c -> c >= '0' && c <= '9');
      o = Operators.item(run, o, index ? (Object) Long.parseLong(part) : part);
    }
    return o;
  }
}
