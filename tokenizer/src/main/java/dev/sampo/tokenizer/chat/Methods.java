package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The methods of Python's str, list, tuple, dict, int and float. Those that change their value are refused, as Jinja's sandbox does. */
final class Methods {
  private static final int ALL = Integer.MAX_VALUE;
  private static final String CHANGES = "would change its value, which a chat template may not do";

  private static final Table STRING = new Table("string method");
  private static final Table LIST = new Table("list method");
  private static final Table TUPLE = new Table("tuple method");
  private static final Table DICT = new Table("dict method");
  private static final Table INT = new Table("int method");
  private static final Table FLOAT = new Table("float method");

  static {
    searching();
    cutting();
    cases();
    filling();
    sequences();
    dicts();
    numbers();
  }

  private Methods() {}

  /** The method or field of a value; null if there is none of that name. */
  static @Nullable Object of(@Nullable Object target, String name) {
    if (target instanceof String) {
      return STRING.bound(name, target);
    }
    if (target instanceof Sequence.Tuple) {
      return TUPLE.bound(name, target);
    }
    if (target instanceof Sequence.Range && (name.equals("index") || name.equals("count"))) {
      return TUPLE.bound(name, target);
    }
    if (Values.isList(target)) {
      return LIST.bound(name, target);
    }
    if (target instanceof Map) {
      return DICT.bound(name, target);
    }
    if (Values.isWhole(target)) {
      switch (name) {
        case "real":
        case "numerator":
          return Values.whole(Values.big(target));
        case "imag":
          return 0L;
        case "denominator":
          return 1L;
        default:
          return INT.bound(name, target);
      }
    }
    if (target instanceof Double) {
      return name.equals("real")
          ? target
          : name.equals("imag") ? (Object) 0.0 : FLOAT.bound(name, target);
    }
    return null;
  }

  private static String str(@Nullable Object self) {
    return (String) java.util.Objects.requireNonNull(self);
  }

  private static void searching() {
    STRING.add("find", "/sub, start?, end?", (run, s, a) -> find(run, str(s), a, false));
    STRING.add("rfind", "/sub, start?, end?", (run, s, a) -> find(run, str(s), a, true));
    STRING.add(
        "index", "/sub, start?, end?", (run, s, a) -> found(run, find(run, str(s), a, false)));
    STRING.add(
        "rindex", "/sub, start?, end?", (run, s, a) -> found(run, find(run, str(s), a, true)));
    STRING.add(
        "count",
        "/sub, start?, end?",
        (run, s, a) -> Strings.count(run, str(s), a.string(0), bound(a, 1, 0), bound(a, 2, ALL)));
    STRING.add("startswith", "/prefix, start?, end?", (run, s, a) -> edge(run, str(s), a, true));
    STRING.add("endswith", "/suffix, start?, end?", (run, s, a) -> edge(run, str(s), a, false));
    STRING.add(
        "removeprefix",
        "/prefix",
        (run, s, a) ->
            str(s).startsWith(a.string(0)) ? str(s).substring(a.string(0).length()) : str(s));
    STRING.add(
        "removesuffix",
        "/suffix",
        (run, s, a) ->
            str(s).endsWith(a.string(0))
                ? str(s).substring(0, str(s).length() - a.string(0).length())
                : str(s));
    STRING.add(
        "replace",
        "old, new, count?",
        (run, s, a) -> Strings.replace(run, str(s), a.string(0), a.string(1), a.number(2, -1)));
  }

  private static int bound(Signature.Bound a, int i, int otherwise) {
    return a.has(i) && a.get(i) != null ? a.number(i) : otherwise;
  }

  private static long find(Run run, String s, Signature.Bound a, boolean last) {
    run.scan(s.length(), "find()");
    return Strings.find(run, s, a.string(0), bound(a, 1, 0), bound(a, 2, ALL), last);
  }

  private static long found(Run run, long at) {
    if (at < 0) {
      throw run.error("string method 'index': the text is not there");
    }
    return at;
  }

  private static boolean edge(Run run, String s, Signature.Bound a, boolean start) {
    String part = a.has(1) || a.has(2) ? Strings.part(run, s, bound(a, 1, 0), bound(a, 2, ALL)) : s;
    List<@Nullable Object> any =
        a.get(0) instanceof Sequence.Tuple
            ? Values.items(run, a.get(0))
            : java.util.Collections.singletonList(a.string(0));
    for (Object o : any) {
      run.step("startswith()");
      if (!(o instanceof String)) {
        throw run.error("startswith() and endswith() look for strings, not for " + Values.type(o));
      }
      if (part != null && (start ? part.startsWith((String) o) : part.endsWith((String) o))) {
        return true;
      }
    }
    return false;
  }

  private static void cutting() {
    STRING.add(
        "strip", "/chars?", (run, s, a) -> Strings.strip(str(s), a.textOrNull(0), true, true));
    STRING.add(
        "lstrip", "/chars?", (run, s, a) -> Strings.strip(str(s), a.textOrNull(0), true, false));
    STRING.add(
        "rstrip", "/chars?", (run, s, a) -> Strings.strip(str(s), a.textOrNull(0), false, true));
    STRING.add(
        "split",
        "sep?, maxsplit?",
        (run, s, a) -> Strings.split(run, str(s), separator(run, a), a.number(1, -1)));
    STRING.add(
        "rsplit",
        "sep?, maxsplit?",
        (run, s, a) -> Strings.rsplit(run, str(s), separator(run, a), a.number(1, -1)));
    STRING.add("splitlines", "keepends?", (run, s, a) -> Strings.lines(run, str(s), a.flag(0)));
    STRING.add("partition", "/sep", (run, s, a) -> partition(run, str(s), a, false));
    STRING.add("rpartition", "/sep", (run, s, a) -> partition(run, str(s), a, true));
    STRING.add("join", "/iterable", (run, s, a) -> join(run, str(s), a.get(0)));
    STRING.open("format", (run, s, args, named) -> Format.braces(run, str(s), args, named));
    STRING.add(
        "format_map",
        "/mapping",
        (run, s, a) -> {
          Map<String, @Nullable Object> named = new LinkedHashMap<>();
          if (!(a.get(0) instanceof Map)) {
            throw run.error("format_map() needs a dict");
          }
          ((Map<?, ?>) java.util.Objects.requireNonNull(a.get(0)))
              .forEach((k, v) -> named.put(String.valueOf(k), v));
          return Format.braces(run, str(s), new ArrayList<>(), named);
        });
  }

  private static @Nullable String separator(Run run, Signature.Bound a) {
    String separator = a.textOrNull(0);
    if (separator != null && separator.isEmpty()) {
      throw run.error("split() by an empty separator");
    }
    return separator;
  }

  private static Object partition(Run run, String s, Signature.Bound a, boolean last) {
    String separator = a.string(0);
    if (separator.isEmpty()) {
      throw run.error("partition() by an empty separator");
    }
    int at = last ? s.lastIndexOf(separator) : s.indexOf(separator);
    Sequence.Tuple out = new Sequence.Tuple();
    run.elements(3, "partition()");
    if (at < 0) {
      out.add(last ? "" : s);
      out.add("");
      out.add(last ? s : "");
    } else {
      out.add(s.substring(0, at));
      out.add(separator);
      out.add(s.substring(at + separator.length()));
    }
    return out;
  }

  /** str.join: of strings only. */
  private static String join(Run run, String between, @Nullable Object items) {
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (Object o : Values.items(run, items)) {
      if (!(o instanceof String)) {
        throw run.error("string method 'join' joins strings, not " + Values.type(o));
      }
      int before = out.length();
      out.append(first ? "" : between).append((String) o);
      first = false;
      run.characters(out.length() - before, "join()");
    }
    return out.toString();
  }

  private static void convert(String name, UnaryOperator<String> body) {
    STRING.add(name, "", (run, s, a) -> run.built(body.apply(str(s)), name + "()"));
  }

  private static void all(String name, IntPredicate test) {
    STRING.add(
        name,
        "",
        (run, s, a) -> {
          run.scan(str(s).length(), name + "()");
          return !str(s).isEmpty() && str(s).codePoints().allMatch(test);
        });
  }

  private static void cases() {
    convert("upper", s -> s.toUpperCase(Locale.ROOT));
    convert("lower", s -> s.toLowerCase(Locale.ROOT));
    convert("title", Strings::title);
    convert("capitalize", Strings::capitalize);
    convert("swapcase", Strings::swapCase);
    convert("casefold", Strings::caseFold);
    all("isdigit", Character::isDigit);
    all("isdecimal", Character::isDigit);
    all(
        "isnumeric",
        c ->
            Character.isDigit(c)
                || Character.getType(c) == Character.LETTER_NUMBER
                || Character.getType(c) == Character.OTHER_NUMBER);
    all("isalpha", Character::isLetter);
    all("isalnum", Character::isLetterOrDigit);
    all("isspace", Strings::isSpace);
    STRING.add("isascii", "", (run, s, a) -> str(s).chars().allMatch(c -> c < 128));
    STRING.add(
        "isupper",
        "",
        (run, s, a) -> cased(str(s), c -> !Character.isLowerCase(c) && !Character.isTitleCase(c)));
    STRING.add(
        "islower",
        "",
        (run, s, a) -> cased(str(s), c -> !Character.isUpperCase(c) && !Character.isTitleCase(c)));
    STRING.add(
        "istitle",
        "",
        (run, s, a) -> cased(str(s), c -> true) && Strings.title(str(s)).equals(str(s)));
    STRING.add(
        "isidentifier",
        "",
        (run, s, a) ->
            !str(s).isEmpty()
                && (Character.isLetter(str(s).codePointAt(0)) || str(s).charAt(0) == '_')
                && str(s).codePoints().allMatch(c -> Character.isLetterOrDigit(c) || c == '_'));
    STRING.refuse("is not supported", "encode", "translate", "maketrans", "isprintable");
  }

  private static boolean cased(String s, IntPredicate allowed) {
    return s.codePoints().anyMatch(Strings::isCased) && s.codePoints().allMatch(allowed);
  }

  private static void filling() {
    STRING.add("ljust", "/width, fillchar?", (run, s, a) -> justify(run, str(s), a, -1));
    STRING.add("center", "/width, fillchar?", (run, s, a) -> justify(run, str(s), a, 0));
    STRING.add("rjust", "/width, fillchar?", (run, s, a) -> justify(run, str(s), a, 1));
    STRING.add("zfill", "/width", (run, s, a) -> Format.zeros(run, str(s), a.number(0)));
    STRING.add(
        "expandtabs",
        "tabsize?",
        (run, s, a) -> {
          int size = a.number(0, 8);
          StringBuilder out = new StringBuilder();
          int column = 0;
          for (int i = 0; i < str(s).length(); i++) {
            char c = str(s).charAt(i);
            if (c == '\t') {
              int n = size <= 0 ? 0 : size - column % size;
              out.append(Strings.repeat(run, " ", n));
              column += n;
            } else {
              out.append(c);
              column = c == '\n' || c == '\r' ? 0 : column + 1;
            }
          }
          return run.built(out.toString(), "expandtabs()");
        });
  }

  private static String justify(Run run, String s, Signature.Bound a, int where) {
    return Strings.justify(run, s, a.number(0), a.has(1) ? a.string(1) : " ", where);
  }

  private static void sequences() {
    for (Table table : new Table[] {LIST, TUPLE}) {
      table.add("index", "/value, start?, end?", (run, s, a) -> index(run, s, a));
      table.add(
          "count",
          "/value",
          (run, s, a) -> {
            long n = 0;
            for (Object o : Values.items(run, s)) {
              run.step("count()");
              n += Values.same(run, o, a.get(0)) ? 1 : 0;
            }
            return n;
          });
    }
    LIST.add("copy", "", (run, s, a) -> s);
    LIST.refuse(CHANGES, "append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear");
  }

  private static long index(Run run, @Nullable Object self, Signature.Bound a) {
    List<@Nullable Object> list = Values.items(run, self);
    int n = list.size();
    int from = a.number(1, 0);
    int to = a.number(2, ALL);
    for (int i = from < 0 ? Math.max(0, from + n) : from;
        i < (to < 0 ? to + n : Math.min(to, n));
        i++) {
      run.step("index()");
      if (Values.same(run, list.get(i), a.get(0))) {
        return i;
      }
    }
    throw run.error("list method 'index': the value is not there");
  }

  private static Map<?, ?> dict(@Nullable Object self) {
    return (Map<?, ?>) java.util.Objects.requireNonNull(self);
  }

  private static void dicts() {
    DICT.add("items", "", (run, s, a) -> new Sequence.View("dict_items", pairs(run, dict(s))));
    DICT.add(
        "keys", "", (run, s, a) -> new Sequence.View("dict_keys", counted(run, dict(s)).keySet()));
    DICT.add(
        "values",
        "",
        (run, s, a) -> new Sequence.View("dict_values", counted(run, dict(s)).values()));
    DICT.add(
        "get",
        "/key, default?",
        (run, s, a) -> {
          Object key = Values.keyIn(run, dict(s), a.get(0));
          return dict(s).containsKey(key) ? dict(s).get(key) : a.or(1, null);
        });
    DICT.add("copy", "", (run, s, a) -> s);
    DICT.refuse(CHANGES, "update", "pop", "popitem", "setdefault", "clear");
    DICT.refuse("is not supported", "fromkeys");
  }

  private static Map<?, ?> counted(Run run, Map<?, ?> map) {
    run.elements(map.size(), "going through a dict");
    return map;
  }

  static List<@Nullable Object> pairs(Run run, Map<?, ?> map) {
    run.elements(3L * map.size(), "going through a dict");
    List<@Nullable Object> out = new ArrayList<>();
    for (Map.Entry<?, ?> e : map.entrySet()) {
      Sequence.Tuple pair = new Sequence.Tuple();
      pair.add(e.getKey());
      pair.add(e.getValue());
      out.add(pair);
    }
    return out;
  }

  private static void numbers() {
    INT.add("bit_length", "", (run, s, a) -> (long) Values.big(s).abs().bitLength());
    INT.add("bit_count", "", (run, s, a) -> (long) Values.big(s).abs().bitCount());
    INT.add("conjugate", "", (run, s, a) -> Values.whole(Values.big(s)));
    INT.add("is_integer", "", (run, s, a) -> true);
    INT.refuse("is not supported", "to_bytes", "from_bytes", "as_integer_ratio");
    FLOAT.add(
        "is_integer",
        "",
        (run, s, a) ->
            Double.isFinite(Values.real(s)) && Values.real(s) == Math.rint(Values.real(s)));
    FLOAT.add("conjugate", "", (run, s, a) -> s);
    FLOAT.refuse("is not supported", "hex", "fromhex", "as_integer_ratio");
  }
}
