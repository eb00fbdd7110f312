package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Operators, filters, tests and methods of Jinja2 and of Python's strings, lists and dicts, as far as chat templates use
 * them. Longer than other files because it is one table, not one algorithm.
 */
final class Builtins {
  private static final int MAX_RANGE = 100_000;
  private static final Set<String> FILTERS =
      new HashSet<>(
          Arrays.asList(
              "length",
              "count",
              "trim",
              "upper",
              "lower",
              "title",
              "capitalize",
              "join",
              "default",
              "d",
              "first",
              "last",
              "list",
              "string",
              "int",
              "float",
              "replace",
              "tojson",
              "safe",
              "items",
              "dictsort",
              "map",
              "select",
              "reject",
              "selectattr",
              "rejectattr",
              "sort",
              "unique",
              "reverse",
              "sum",
              "min",
              "max",
              "abs",
              "round",
              "indent",
              "escape",
              "e",
              "wordcount",
              "strip",
              "lstrip",
              "rstrip",
              "attr"));
  private static final Set<String> TESTS =
      new HashSet<>(
          Arrays.asList(
              "defined",
              "undefined",
              "none",
              "string",
              "mapping",
              "number",
              "integer",
              "float",
              "boolean",
              "true",
              "false",
              "iterable",
              "sequence",
              "even",
              "odd",
              "divisibleby",
              "eq",
              "equalto",
              "ne",
              "lt",
              "le",
              "gt",
              "ge",
              "in",
              "callable",
              "lower",
              "upper",
              "sameas",
              "lessthan",
              "greaterthan"));

  /** What {@code namespace()} makes: fields that can be set. */
  static final class Namespace {
    private final Map<String, @Nullable Object> fields = new LinkedHashMap<>();

    void put(String name, @Nullable Object value) {
      fields.put(name, value);
    }
  }

  private Builtins() {}

  static boolean isFilter(String name) {
    return FILTERS.contains(name);
  }

  static boolean isTest(String name) {
    return TESTS.contains(name);
  }

  /** The functions that every template has. */
  static void globals(Scope scope) {
    scope.set(
        "namespace",
        (Values.Callable)
            (args, named) -> {
              Namespace n = new Namespace();
              if (!args.isEmpty() && args.get(0) instanceof Map) {
                ((Map<?, ?>) args.get(0)).forEach((k, v) -> n.put(Values.text(k), v));
              }
              named.forEach(n::put);
              return n;
            });
    scope.set("range", (Values.Callable) (args, named) -> range(args));
    scope.set(
        "dict",
        (Values.Callable)
            (args, named) -> {
              Map<@Nullable Object, @Nullable Object> out = new LinkedHashMap<>();
              if (!args.isEmpty()) {
                out.putAll((Map<?, ?>) args.get(0));
              }
              out.putAll(named);
              return out;
            });
    scope.set(
        "raise_exception",
        (Values.Callable)
            (args, named) -> {
              throw new ChatTemplateException(args.isEmpty() ? "" : Values.text(args.get(0)));
            });
  }

  private static List<@Nullable Object> range(List<@Nullable Object> args) {
    long start = args.size() > 1 ? Values.integer(args.get(0)) : 0;
    long stop = Values.integer(args.get(args.size() > 1 ? 1 : 0));
    long step = args.size() > 2 ? Values.integer(args.get(2)) : 1;
    if (step == 0) {
      throw new ChatTemplateException("range() with step 0");
    }
    List<@Nullable Object> out = new ArrayList<>();
    for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
      if (out.size() >= MAX_RANGE) {
        throw new ChatTemplateException("range() of more than " + MAX_RANGE);
      }
      out.add(i);
    }
    return out;
  }

  static boolean compare(String op, @Nullable Object a, @Nullable Object b) {
    switch (op) {
      case "==":
        return Values.same(a, b);
      case "!=":
        return !Values.same(a, b);
      case "in":
        return Values.contains(b, a);
      case "not in":
        return !Values.contains(b, a);
      case "<":
        return Values.compare(a, b) < 0;
      case ">":
        return Values.compare(a, b) > 0;
      case "<=":
        return Values.compare(a, b) <= 0;
      default:
        return Values.compare(a, b) >= 0;
    }
  }

  static @Nullable Object binary(String op, @Nullable Object a, @Nullable Object b) {
    if (op.equals("~")) {
      return Values.text(a) + Values.text(b);
    }
    if (op.equals("+") && a instanceof String && b instanceof String) {
      return (String) a + b;
    }
    if (op.equals("+") && a instanceof List && b instanceof List) {
      List<@Nullable Object> out = new ArrayList<>((List<?>) a);
      out.addAll((List<?>) b);
      return out;
    }
    if (op.equals("*") && a instanceof String && Values.isNumber(b)) {
      return repeat((String) a, Values.integer(b));
    }
    if (op.equals("%") && a instanceof String) {
      return format((String) a, b instanceof List ? (List<?>) b : Collections.singletonList(b));
    }
    if (!Values.isNumber(a) || !Values.isNumber(b)) {
      throw new ChatTemplateException(
          "unsupported operand types for " + op + ": " + Values.type(a) + " and " + Values.type(b));
    }
    boolean real = a instanceof Double || b instanceof Double || op.equals("/");
    double x = Values.number(a);
    double y = Values.number(b);
    if (y == 0 && (op.equals("/") || op.equals("//") || op.equals("%"))) {
      throw new ChatTemplateException("division by zero");
    }
    switch (op) {
      case "+":
        return real ? (Object) (x + y) : (Object) (Values.integer(a) + Values.integer(b));
      case "-":
        return real ? (Object) (x - y) : (Object) (Values.integer(a) - Values.integer(b));
      case "*":
        return real ? (Object) (x * y) : (Object) (Values.integer(a) * Values.integer(b));
      case "/":
        return x / y;
      case "//":
        return real
            ? (Object) Math.floor(x / y)
            : (Object) Math.floorDiv(Values.integer(a), Values.integer(b));
      case "%":
        return real
            ? (Object) (x - y * Math.floor(x / y))
            : (Object) Math.floorMod(Values.integer(a), Values.integer(b));
      default:
        double p = Math.pow(x, y);
        return real || y < 0 ? (Object) p : (Object) (long) p;
    }
  }

  private static String repeat(String text, long times) {
    if (times * text.length() > 10_000_000) {
      throw new ChatTemplateException("A string repeated " + times + " times");
    }
    StringBuilder out = new StringBuilder();
    for (long i = 0; i < times; i++) {
      out.append(text);
    }
    return out.toString();
  }

  private static String format(String text, List<?> args) {
    StringBuilder out = new StringBuilder();
    int next = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%' || i + 1 >= text.length()) {
        out.append(c);
        continue;
      }
      char kind = text.charAt(++i);
      if (kind == '%') {
        out.append('%');
      } else if ((kind == 's' || kind == 'd') && next < args.size()) {
        out.append(Values.text(args.get(next++)));
      } else {
        throw new ChatTemplateException("Format '%" + kind + "' is not supported");
      }
    }
    return out.toString();
  }

  static @Nullable Object item(@Nullable Object target, @Nullable Object key) {
    if (target instanceof Map) {
      Map<?, ?> map = (Map<?, ?>) target;
      return map.containsKey(key)
          ? map.get(key)
          : key instanceof String ? method(target, (String) key) : Values.UNDEFINED;
    }
    if (target instanceof List || target instanceof String) {
      if (!(key instanceof Long)) {
        return key instanceof String ? attribute(target, (String) key) : Values.UNDEFINED;
      }
      List<@Nullable Object> items = Values.items(target);
      long i = (Long) key;
      i = i < 0 ? i + items.size() : i;
      return i >= 0 && i < items.size() ? items.get((int) i) : Values.UNDEFINED;
    }
    return attribute(target, Values.text(key));
  }

  static @Nullable Object attribute(@Nullable Object target, String name) {
    if (target == Values.UNDEFINED) {
      throw new ChatTemplateException("An undefined value has no attribute '" + name + "'");
    }
    if (target instanceof Namespace) {
      Map<String, @Nullable Object> fields = ((Namespace) target).fields;
      return fields.containsKey(name) ? fields.get(name) : Values.UNDEFINED;
    }
    Object method = method(target, name);
    if (method != Values.UNDEFINED) {
      return method;
    }
    return target instanceof Map && ((Map<?, ?>) target).containsKey(name)
        ? ((Map<?, ?>) target).get(name)
        : Values.UNDEFINED;
  }

  static @Nullable Object slice(
      @Nullable Object target,
      @Nullable Object start,
      @Nullable Object stop,
      @Nullable Object step) {
    List<@Nullable Object> items = Values.items(target);
    long n = items.size();
    long by = step == null ? 1 : Values.integer(step);
    if (by == 0) {
      throw new ChatTemplateException("slice step cannot be zero");
    }
    long from = start == null ? (by > 0 ? 0 : n - 1) : bound(Values.integer(start), n, by);
    long to = stop == null ? (by > 0 ? n : -1) : bound(Values.integer(stop), n, by);
    List<@Nullable Object> out = new ArrayList<>();
    for (long i = from; by > 0 ? i < to : i > to; i += by) {
      out.add(items.get((int) i));
    }
    if (!(target instanceof String)) {
      return out;
    }
    StringBuilder text = new StringBuilder();
    for (Object o : out) {
      text.append(o);
    }
    return text.toString();
  }

  private static long bound(long i, long n, long by) {
    long k = i < 0 ? i + n : i;
    return by > 0 ? Math.max(0, Math.min(k, n)) : Math.max(-1, Math.min(k, n - 1));
  }

  private static @Nullable Object arg(
      List<@Nullable Object> args,
      int i,
      Map<String, @Nullable Object> named,
      String name,
      @Nullable Object otherwise) {
    return i < args.size() ? args.get(i) : named.containsKey(name) ? named.get(name) : otherwise;
  }

  static @Nullable Object filter(
      String name,
      @Nullable Object v,
      List<@Nullable Object> args,
      Map<String, @Nullable Object> named) {
    switch (name) {
      case "length":
      case "count":
        return v instanceof Map ? (long) ((Map<?, ?>) v).size() : (long) Values.items(v).size();
      case "trim":
      case "strip":
        return strip(Values.text(v), args.isEmpty() ? null : Values.text(args.get(0)), true, true);
      case "lstrip":
        return strip(Values.text(v), null, true, false);
      case "rstrip":
        return strip(Values.text(v), null, false, true);
      case "upper":
        return Values.text(v).toUpperCase(Locale.ROOT);
      case "lower":
        return Values.text(v).toLowerCase(Locale.ROOT);
      case "title":
        return title(Values.text(v));
      case "capitalize":
        return capitalize(Values.text(v));
      case "join":
        return join(v, arg(args, 0, named, "d", ""), arg(args, 1, named, "attribute", null));
      case "default":
      case "d":
        boolean falsy = Values.truth(arg(args, 1, named, "boolean", false));
        return v == Values.UNDEFINED || (falsy && !Values.truth(v))
            ? arg(args, 0, named, "default_value", "")
            : v;
      case "first":
      case "last":
        List<@Nullable Object> all = Values.items(v);
        return all.isEmpty()
            ? Values.UNDEFINED
            : all.get(name.equals("first") ? 0 : all.size() - 1);
      case "list":
        return Values.items(v);
      case "string":
        return Values.text(v);
      case "safe":
        return v;
      case "escape":
      case "e":
        return Values.text(v)
            .replace("&", "&amp;")
            .replace("<", "&lt;")
            .replace(">", "&gt;")
            .replace("'", "&#39;")
            .replace("\"", "&#34;");
      case "int":
        return toInt(v, arg(args, 0, named, "default", 0L));
      case "float":
        return toFloat(v, arg(args, 0, named, "default", 0.0));
      case "replace":
        return replace(
            Values.text(v),
            Values.text(args.get(0)),
            Values.text(args.get(1)),
            args.size() > 2 ? Values.integer(args.get(2)) : -1);
      case "tojson":
        return json(v, args, named);
      case "items":
        return v == Values.UNDEFINED ? new ArrayList<>() : pairs((Map<?, ?>) v);
      case "dictsort":
        return dictSort((Map<?, ?>) v);
      case "map":
      case "select":
      case "reject":
      case "selectattr":
      case "rejectattr":
        return choose(name, v, args, named);
      case "sort":
        return sort(v, named, args);
      case "unique":
        return unique(v);
      case "reverse":
        if (v instanceof String) {
          return new StringBuilder((String) v).reverse().toString();
        }
        List<@Nullable Object> back = Values.items(v);
        Collections.reverse(back);
        return back;
      case "sum":
        Object sum = 0L;
        for (Object o : Values.items(v)) {
          sum =
              binary(
                  "+", sum, named.containsKey("attribute") ? item(o, named.get("attribute")) : o);
        }
        return sum;
      case "min":
      case "max":
        List<@Nullable Object> values = Values.items(v);
        return values.isEmpty()
            ? Values.UNDEFINED
            : name.equals("min")
                ? Collections.min(values, Values::compare)
                : Collections.max(values, Values::compare);
      case "abs":
        return v instanceof Long
            ? (Object) Math.abs((Long) v)
            : (Object) Math.abs(Values.number(v));
      case "round":
        double scale = Math.pow(10, args.isEmpty() ? 0 : Values.integer(args.get(0)));
        return Math.rint(Values.number(v) * scale) / scale;
      case "indent":
        return indent(
            Values.text(v),
            arg(args, 0, named, "width", 4L),
            Values.truth(arg(args, 1, named, "first", false)),
            Values.truth(arg(args, 2, named, "blank", false)));
      case "wordcount":
        return (long) split(Values.text(v), null, -1).size();
      case "attr":
        return attribute(v, Values.text(args.get(0)));
      default:
        throw new ChatTemplateException("Unknown filter '" + name + "'");
    }
  }

  private static String json(
      @Nullable Object v, List<@Nullable Object> args, Map<String, @Nullable Object> named) {
    // transformers: tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False)
    Object indent =
        arg(
            args,
            1,
            named,
            "indent",
            args.size() == 1 && args.get(0) instanceof Long ? args.get(0) : null);
    int width = indent == null ? -1 : (int) Values.integer(indent);
    String comma = width >= 0 ? "," : ", ";
    String colon = ": ";
    Object separators = named.get("separators");
    if (separators instanceof List && ((List<?>) separators).size() == 2) {
      comma = Values.text(((List<?>) separators).get(0));
      colon = Values.text(((List<?>) separators).get(1));
    }
    StringBuilder out = new StringBuilder();
    Values.json(v, width, 0, comma, colon, Values.truth(named.get("sort_keys")), out);
    return out.toString();
  }

  private static List<@Nullable Object> pairs(Map<?, ?> map) {
    List<@Nullable Object> out = new ArrayList<>();
    for (Map.Entry<?, ?> e : map.entrySet()) {
      Values.Tuple pair = new Values.Tuple();
      pair.add(e.getKey());
      pair.add(e.getValue());
      out.add(pair);
    }
    return out;
  }

  private static List<@Nullable Object> dictSort(Map<?, ?> map) {
    List<@Nullable Object> out = pairs(map);
    out.sort((a, b) -> key(((List<?>) a).get(0)).compareTo(key(((List<?>) b).get(0))));
    return out;
  }

  private static String key(@Nullable Object v) {
    return Values.text(v).toLowerCase(Locale.ROOT);
  }

  private static List<@Nullable Object> sort(
      @Nullable Object v, Map<String, @Nullable Object> named, List<@Nullable Object> args) {
    List<@Nullable Object> out = Values.items(v);
    Object attribute = named.get("attribute");
    boolean exact = Values.truth(arg(args, 1, named, "case_sensitive", false));
    java.util.Comparator<@Nullable Object> order =
        (a, b) -> {
          Object x = attribute == null ? a : item(a, attribute);
          Object y = attribute == null ? b : item(b, attribute);
          return !exact && x instanceof String && y instanceof String
              ? key(x).compareTo(key(y))
              : Values.compare(x, y);
        };
    out.sort(Values.truth(arg(args, 0, named, "reverse", false)) ? order.reversed() : order);
    return out;
  }

  private static List<@Nullable Object> unique(@Nullable Object v) {
    List<@Nullable Object> out = new ArrayList<>();
    Set<@Nullable Object> seen = new HashSet<>();
    for (Object o : Values.items(v)) {
      if (seen.add(o instanceof String ? key(o) : o)) {
        out.add(o);
      }
    }
    return out;
  }

  private static List<@Nullable Object> choose(
      String name,
      @Nullable Object v,
      List<@Nullable Object> args,
      Map<String, @Nullable Object> named) {
    List<@Nullable Object> out = new ArrayList<>();
    boolean attr = name.endsWith("attr");
    boolean keep = name.startsWith("select");
    for (Object o : Values.items(v)) {
      if (name.equals("map")) {
        if (named.containsKey("attribute")) {
          Object got = path(o, Values.text(named.get("attribute")));
          out.add(
              got == Values.UNDEFINED && named.containsKey("default") ? named.get("default") : got);
        } else {
          out.add(filter(Values.text(args.get(0)), o, args.subList(1, args.size()), named));
        }
        continue;
      }
      Object tested = attr ? path(o, Values.text(args.get(0))) : o;
      int k = attr ? 1 : 0;
      boolean yes =
          k < args.size()
              ? test(Values.text(args.get(k)), tested, args.subList(k + 1, args.size()))
              : Values.truth(tested);
      if (yes == keep) {
        out.add(o);
      }
    }
    return out;
  }

  private static @Nullable Object path(@Nullable Object v, String dotted) {
    Object o = v;
    for (String part : dotted.split("\\.")) {
      boolean index = !part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9');
      o = item(o, index ? (Object) Long.parseLong(part) : part);
    }
    return o;
  }

  private static String join(
      @Nullable Object v, @Nullable Object between, @Nullable Object attribute) {
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (Object o : Values.items(v)) {
      if (!first) {
        out.append(Values.text(between));
      }
      first = false;
      out.append(Values.text(attribute == null ? o : path(o, Values.text(attribute))));
    }
    return out.toString();
  }

  private static String indent(String text, @Nullable Object width, boolean first, boolean blank) {
    String by = width instanceof String ? (String) width : repeat(" ", Values.integer(width));
    StringBuilder out = new StringBuilder();
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      if (i > 0) {
        out.append('\n');
      }
      if (i == 0 ? first : blank || !lines[i].isEmpty()) {
        out.append(by);
      }
      out.append(lines[i]);
    }
    return out.toString();
  }

  private static @Nullable Object toInt(@Nullable Object v, @Nullable Object otherwise) {
    if (Values.isNumber(v)) {
      return (long) Values.number(v);
    }
    try {
      return (long) Double.parseDouble(Values.text(v).trim());
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static @Nullable Object toFloat(@Nullable Object v, @Nullable Object otherwise) {
    if (Values.isNumber(v)) {
      return Values.number(v);
    }
    try {
      return Double.parseDouble(Values.text(v).trim());
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  static boolean test(String name, @Nullable Object v, List<@Nullable Object> args) {
    switch (name) {
      case "defined":
        return v != Values.UNDEFINED;
      case "undefined":
        return v == Values.UNDEFINED;
      case "none":
        return v == null;
      case "string":
        return v instanceof String;
      case "mapping":
        return v instanceof Map;
      case "number":
        return Values.isNumber(v);
      case "integer":
        return v instanceof Long;
      case "float":
        return v instanceof Double;
      case "boolean":
        return v instanceof Boolean;
      case "true":
        return Boolean.TRUE.equals(v);
      case "false":
        return Boolean.FALSE.equals(v);
      case "iterable":
        return v instanceof Collection
            || v instanceof Map
            || v instanceof String
            || v == Values.UNDEFINED;
      case "sequence":
        return v instanceof Collection
            || v instanceof Map
            || v instanceof String
            || v == Values.UNDEFINED;
      case "even":
        return Values.integer(v) % 2 == 0;
      case "odd":
        return Values.integer(v) % 2 != 0;
      case "divisibleby":
        return Values.integer(v) % Values.integer(args.get(0)) == 0;
      case "eq":
      case "equalto":
      case "sameas":
        return Values.same(v, args.get(0));
      case "ne":
        return !Values.same(v, args.get(0));
      case "lt":
      case "lessthan":
        return Values.compare(v, args.get(0)) < 0;
      case "le":
        return Values.compare(v, args.get(0)) <= 0;
      case "gt":
      case "greaterthan":
        return Values.compare(v, args.get(0)) > 0;
      case "ge":
        return Values.compare(v, args.get(0)) >= 0;
      case "in":
        return Values.contains(args.get(0), v);
      case "callable":
        return v instanceof Values.Callable;
      case "lower":
        return Values.text(v).equals(Values.text(v).toLowerCase(Locale.ROOT));
      case "upper":
        return Values.text(v).equals(Values.text(v).toUpperCase(Locale.ROOT));
      default:
        throw new ChatTemplateException("Unknown test '" + name + "'");
    }
  }

  /** A method of Python's str, list or dict, bound to {@code target}; {@link Values#UNDEFINED} if there is none. */
  private static @Nullable Object method(@Nullable Object target, String name) {
    if (target instanceof String) {
      return stringMethod((String) target, name);
    }
    if (target instanceof Map) {
      Map<?, ?> map = (Map<?, ?>) target;
      switch (name) {
        case "items":
          return (Values.Callable) (args, named) -> pairs(map);
        case "keys":
          return (Values.Callable) (args, named) -> new ArrayList<Object>(map.keySet());
        case "values":
          return (Values.Callable) (args, named) -> new ArrayList<Object>(map.values());
        case "get":
          return (Values.Callable)
              (args, named) ->
                  map.containsKey(args.get(0))
                      ? map.get(args.get(0))
                      : args.size() > 1 ? args.get(1) : null;
        default:
          return Values.UNDEFINED;
      }
    }
    if (target instanceof List) {
      List<?> list = (List<?>) target;
      switch (name) {
        case "index":
          return (Values.Callable)
              (args, named) -> {
                for (int i = 0; i < list.size(); i++) {
                  if (Values.same(list.get(i), args.get(0))) {
                    return (long) i;
                  }
                }
                throw new ChatTemplateException(Values.text(args.get(0)) + " is not in list");
              };
        case "count":
          return (Values.Callable)
              (args, named) -> list.stream().filter(o -> Values.same(o, args.get(0))).count();
        case "append":
        case "extend":
        case "insert":
        case "pop":
          return (Values.Callable)
              (args, named) -> {
                throw new ChatTemplateException("A chat template may not change a list: " + name);
              };
        default:
          return Values.UNDEFINED;
      }
    }
    return Values.UNDEFINED;
  }

  private static Object stringMethod(String s, String name) {
    switch (name) {
      case "strip":
      case "lstrip":
      case "rstrip":
        return (Values.Callable)
            (args, named) ->
                strip(
                    s,
                    args.isEmpty() || args.get(0) == null ? null : Values.text(args.get(0)),
                    !name.startsWith("r"),
                    !name.startsWith("l"));
      case "split":
      case "rsplit":
        return (Values.Callable)
            (args, named) -> {
              Object sep = arg(args, 0, named, "sep", null);
              int max = (int) Values.integer(arg(args, 1, named, "maxsplit", -1L));
              return name.equals("split")
                  ? split(s, sep == null ? null : Values.text(sep), max)
                  : rsplit(s, sep == null ? null : Values.text(sep), max);
            };
      case "splitlines":
        return (Values.Callable)
            (args, named) -> {
              String body = s.endsWith("\n") ? s.substring(0, s.length() - 1) : s;
              return s.isEmpty()
                  ? new ArrayList<>()
                  : new ArrayList<Object>(Arrays.asList(body.split("\n", -1)));
            };
      case "startswith":
      case "endswith":
        return (Values.Callable)
            (args, named) -> {
              List<?> any =
                  args.get(0) instanceof List ? (List<?>) args.get(0) : args.subList(0, 1);
              for (Object o : any) {
                if (name.equals("startswith")
                    ? s.startsWith(Values.text(o))
                    : s.endsWith(Values.text(o))) {
                  return true;
                }
              }
              return false;
            };
      case "replace":
        return (Values.Callable)
            (args, named) ->
                replace(
                    s,
                    Values.text(args.get(0)),
                    Values.text(args.get(1)),
                    args.size() > 2 ? Values.integer(args.get(2)) : -1);
      case "upper":
        return (Values.Callable) (args, named) -> s.toUpperCase(Locale.ROOT);
      case "lower":
        return (Values.Callable) (args, named) -> s.toLowerCase(Locale.ROOT);
      case "title":
        return (Values.Callable) (args, named) -> title(s);
      case "capitalize":
        return (Values.Callable) (args, named) -> capitalize(s);
      case "find":
      case "rfind":
        return (Values.Callable)
            (args, named) -> {
              int i =
                  name.equals("find")
                      ? s.indexOf(Values.text(args.get(0)))
                      : s.lastIndexOf(Values.text(args.get(0)));
              return i < 0 ? -1L : (long) s.codePointCount(0, i);
            };
      case "count":
        return (Values.Callable)
            (args, named) -> split(s, Values.text(args.get(0)), -1).size() - 1L;
      case "join":
        return (Values.Callable) (args, named) -> join(args.get(0), s, null);
      case "isdigit":
        return (Values.Callable)
            (args, named) -> !s.isEmpty() && s.codePoints().allMatch(Character::isDigit);
      case "isalpha":
        return (Values.Callable)
            (args, named) -> !s.isEmpty() && s.codePoints().allMatch(Character::isLetter);
      case "isspace":
        return (Values.Callable)
            (args, named) -> !s.isEmpty() && strip(s, null, true, true).isEmpty();
      case "isupper":
        return (Values.Callable)
            (args, named) ->
                s.equals(s.toUpperCase(Locale.ROOT)) && !s.equals(s.toLowerCase(Locale.ROOT));
      case "islower":
        return (Values.Callable)
            (args, named) ->
                s.equals(s.toLowerCase(Locale.ROOT)) && !s.equals(s.toUpperCase(Locale.ROOT));
      case "removeprefix":
        return (Values.Callable)
            (args, named) ->
                s.startsWith(Values.text(args.get(0)))
                    ? s.substring(Values.text(args.get(0)).length())
                    : s;
      case "removesuffix":
        return (Values.Callable)
            (args, named) ->
                s.endsWith(Values.text(args.get(0)))
                    ? s.substring(0, s.length() - Values.text(args.get(0)).length())
                    : s;
      case "format":
        return (Values.Callable) (args, named) -> braces(s, args, named);
      default:
        return Values.UNDEFINED;
    }
  }

  private static String braces(
      String s, List<@Nullable Object> args, Map<String, @Nullable Object> named) {
    StringBuilder out = new StringBuilder();
    int next = 0;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if ((c == '{' || c == '}') && i + 1 < s.length() && s.charAt(i + 1) == c) {
        out.append(c);
        i++;
      } else if (c == '{') {
        int end = s.indexOf('}', i);
        if (end < 0) {
          throw new ChatTemplateException("format() with a '{' that is not closed");
        }
        String field = s.substring(i + 1, end);
        boolean index = !field.isEmpty() && field.chars().allMatch(Character::isDigit);
        Object v =
            field.isEmpty()
                ? args.get(next++)
                : index ? args.get(Integer.parseInt(field)) : named.get(field);
        out.append(Values.text(v));
        i = end;
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c)
        || Character.isSpaceChar(c)
        || c == 0x85
        || (c >= 0x1C && c <= 0x1F);
  }

  static String strip(String s, @Nullable String chars, boolean left, boolean right) {
    int from = 0;
    int to = s.length();
    while (left
        && from < to
        && (chars == null ? isSpace(s.charAt(from)) : chars.indexOf(s.charAt(from)) >= 0)) {
      from++;
    }
    while (right
        && from < to
        && (chars == null ? isSpace(s.charAt(to - 1)) : chars.indexOf(s.charAt(to - 1)) >= 0)) {
      to--;
    }
    return s.substring(from, to);
  }

  private static List<@Nullable Object> split(String s, @Nullable String separator, int max) {
    List<@Nullable Object> out = new ArrayList<>();
    if (separator == null) {
      int i = 0;
      while (i < s.length()) {
        while (i < s.length() && isSpace(s.charAt(i))) {
          i++;
        }
        if (i == s.length()) {
          break;
        }
        if (max >= 0 && out.size() == max) {
          out.add(strip(s.substring(i), null, false, true));
          break;
        }
        int start = i;
        while (i < s.length() && !isSpace(s.charAt(i))) {
          i++;
        }
        out.add(s.substring(start, i));
      }
      return out;
    }
    if (separator.isEmpty()) {
      throw new ChatTemplateException("empty separator");
    }
    int start = 0;
    int at;
    while ((max < 0 || out.size() < max) && (at = s.indexOf(separator, start)) >= 0) {
      out.add(s.substring(start, at));
      start = at + separator.length();
    }
    out.add(s.substring(start));
    return out;
  }

  private static List<@Nullable Object> rsplit(String s, @Nullable String separator, int max) {
    if (max < 0) {
      return split(s, separator, -1);
    }
    List<@Nullable Object> out = new ArrayList<>();
    String sep = separator == null ? " " : separator;
    int end = s.length();
    int at;
    while (out.size() < max && (at = s.lastIndexOf(sep, end - sep.length())) >= 0) {
      out.add(0, s.substring(at + sep.length(), end));
      end = at;
    }
    out.add(0, s.substring(0, end));
    return out;
  }

  private static String replace(String s, String what, String with, long max) {
    if (max < 0) {
      return s.replace(what, with);
    }
    StringBuilder out = new StringBuilder();
    int start = 0;
    for (long n = 0; n < max; n++) {
      int at = s.indexOf(what, start);
      if (at < 0) {
        break;
      }
      out.append(s, start, at).append(with);
      start = at + what.length();
    }
    return out.append(s, start, s.length()).toString();
  }

  private static String capitalize(String s) {
    return s.isEmpty()
        ? s
        : s.substring(0, 1).toUpperCase(Locale.ROOT) + s.substring(1).toLowerCase(Locale.ROOT);
  }

  private static String title(String s) {
    StringBuilder out = new StringBuilder();
    boolean inside = false;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      out.append(inside ? Character.toLowerCase(c) : Character.toUpperCase(c));
      inside = Character.isLetter(c);
    }
    return out.toString();
  }
}
