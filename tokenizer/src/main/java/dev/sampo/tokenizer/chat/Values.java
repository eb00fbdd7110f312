package dev.sampo.tokenizer.chat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Python's values in Java: None is null, int is Long (BigInteger beyond its range), float is Double, str is String, list is List, dict
 * is Map; {@link Sequence} has the other sequences. Nothing changes a value after it was made.
 */
final class Values {
  private static final int MAX_INPUT_DEPTH = 300;
  private static final BigInteger MIN = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

  private Values() {}

  /** Numbers, strings, lists and maps of Java as values. */
  static @Nullable Object of(@Nullable Object value) {
    return of(value, 0);
  }

  private static @Nullable Object of(@Nullable Object value, int depth) {
    if (depth > MAX_INPUT_DEPTH) {
      throw new ChatTemplateException(
          "A variable of the chat template is nested more than " + MAX_INPUT_DEPTH + " deep");
    }
    if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
      return ((Number) value).longValue();
    }
    if (value instanceof BigInteger) {
      return whole((BigInteger) value);
    }
    if (value instanceof Float) {
      return ((Float) value).doubleValue();
    }
    if (value instanceof Collection) {
      List<@Nullable Object> out = new ArrayList<>();
      for (Object o : (Collection<?>) value) {
        out.add(of(o, depth + 1));
      }
      return out;
    }
    if (value instanceof Map) {
      Map<@Nullable Object, @Nullable Object> out = new LinkedHashMap<>();
      for (Map.Entry<?, ?> e : ((Map<?, ?>) value).entrySet()) {
        out.put(of(e.getKey(), depth + 1), of(e.getValue(), depth + 1));
      }
      return out;
    }
    if (value == null
        || value instanceof Boolean
        || value instanceof Long
        || value instanceof Double
        || value instanceof String) {
      return value;
    }
    throw new ChatTemplateException(
        "A variable of the chat template is a "
            + value.getClass().getName()
            + "; wanted strings, numbers, booleans, lists and maps");
  }

  /** The smallest type that holds a whole number. */
  static Object whole(BigInteger v) {
    return v.compareTo(MIN) >= 0 && v.compareTo(MAX) <= 0 ? (Object) v.longValue() : v;
  }

  static boolean truth(@Nullable Object v) {
    if (v == null || v instanceof Undefined) {
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

  static boolean isNumber(@Nullable Object v) {
    return isWhole(v) || v instanceof Double;
  }

  static boolean isWhole(@Nullable Object v) {
    return v instanceof Long || v instanceof BigInteger || v instanceof Boolean;
  }

  /** A list of Python, and no tuple or view. */
  static boolean isList(@Nullable Object v) {
    return v instanceof List
        && !(v instanceof Sequence.Tuple)
        && !(v instanceof Sequence.View)
        && !(v instanceof Sequence.Range);
  }

  static double real(@Nullable Object v) {
    return v instanceof Boolean ? ((Boolean) v ? 1 : 0) : ((Number) nonNull(v)).doubleValue();
  }

  static BigInteger big(@Nullable Object v) {
    return v instanceof BigInteger
        ? (BigInteger) v
        : BigInteger.valueOf(v instanceof Boolean ? ((Boolean) v ? 1 : 0) : (Long) nonNull(v));
  }

  private static Object nonNull(@Nullable Object v) {
    return java.util.Objects.requireNonNull(v);
  }

  static boolean same(Run run, @Nullable Object a, @Nullable Object b) {
    if (a == b) {
      return !(a instanceof Double) || !((Double) a).isNaN();
    }
    if (a == null || b == null) {
      return false;
    }
    if (isNumber(a) && isNumber(b)) {
      return order(a, b) == 0 && !(Double.isNaN(real(a)) || Double.isNaN(real(b)));
    }
    if (a instanceof String) {
      if (b instanceof String) {
        run.scan(((String) a).length(), "'=='");
      }
      return a.equals(b);
    }
    if (a instanceof Undefined) {
      return b instanceof Undefined;
    }
    if (a instanceof Map && b instanceof Map) {
      return sameMaps(run, (Map<?, ?>) a, (Map<?, ?>) b);
    }
    boolean tuples = a instanceof Sequence.Tuple && b instanceof Sequence.Tuple;
    boolean ranges = a instanceof Sequence.Range && b instanceof Sequence.Range;
    if (tuples || ranges || isList(a) && isList(b)) {
      List<?> x = (List<?>) a;
      List<?> y = (List<?>) b;
      if (x.size() != y.size()) {
        return false;
      }
      run.enter("'=='");
      boolean all = true;
      for (int i = 0; all && i < x.size(); i++) {
        run.step("'=='");
        all = same(run, x.get(i), y.get(i));
      }
      run.leave();
      return all;
    }
    return false;
  }

  private static boolean sameMaps(Run run, Map<?, ?> x, Map<?, ?> y) {
    if (x.size() != y.size()) {
      return false;
    }
    run.enter("'=='");
    for (Map.Entry<?, ?> e : x.entrySet()) {
      run.step("'=='");
      if (!y.containsKey(e.getKey()) || !same(run, e.getValue(), y.get(e.getKey()))) {
        run.leave();
        return false;
      }
    }
    run.leave();
    return true;
  }

  private static int order(Object a, Object b) {
    if (a instanceof Double || b instanceof Double) {
      return Double.compare(real(a) + 0.0, real(b) + 0.0);
    }
    if (a instanceof Long && b instanceof Long) {
      return Long.compare((Long) a, (Long) b);
    }
    return big(a).compareTo(big(b));
  }

  /** Python's order of numbers, strings, lists and tuples; anything else is an error. */
  static int compare(Run run, @Nullable Object a, @Nullable Object b) {
    if (a != null && b != null && isNumber(a) && isNumber(b)) {
      return order(a, b);
    }
    if (a instanceof String && b instanceof String) {
      run.scan(Math.min(((String) a).length(), ((String) b).length()), "'<'");
      return codePointOrder((String) a, (String) b);
    }
    boolean tuples = a instanceof Sequence.Tuple && b instanceof Sequence.Tuple;
    if (tuples || isList(a) && isList(b)) {
      List<?> x = (List<?>) nonNull(a);
      List<?> y = (List<?>) nonNull(b);
      run.enter("'<'");
      int how = Integer.compare(x.size(), y.size());
      for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
        run.step("'<'");
        if (!same(run, x.get(i), y.get(i))) {
          how = compare(run, x.get(i), y.get(i));
          break;
        }
      }
      run.leave();
      return how;
    }
    throw run.error("'<' is not supported between " + type(a) + " and " + type(b));
  }

  /** Python compares code points, Java UTF-16 units: they differ beyond U+FFFF. */
  private static int codePointOrder(String a, String b) {
    int n = Math.min(a.length(), b.length());
    for (int i = 0; i < n; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean high = Character.isSurrogate(x) != Character.isSurrogate(y);
        return high ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  static boolean contains(Run run, @Nullable Object container, @Nullable Object item) {
    if (container instanceof String) {
      if (!(item instanceof String)) {
        throw run.error("'in' a string needs a string, not " + type(item));
      }
      run.scan(((String) container).length(), "'in'");
      return ((String) container).contains((String) item);
    }
    if (container instanceof Map) {
      Map<?, ?> map = (Map<?, ?>) container;
      return map.containsKey(keyIn(run, map, item));
    }
    if (container instanceof Sequence.Lazy) {
      Sequence.Lazy lazy = (Sequence.Lazy) container;
      while (lazy.hasNext()) {
        run.step("'in'");
        if (same(run, lazy.next(), item)) {
          return true;
        }
      }
      return false;
    }
    if (container instanceof Collection) {
      for (Object o : (Collection<?>) container) {
        run.step("'in'");
        if (same(run, o, item)) {
          return true;
        }
      }
      return false;
    }
    if (container instanceof Undefined) {
      return false;
    }
    throw run.error(type(container) + " is no container for 'in'");
  }

  /** A value that may be the key of a dict. */
  static @Nullable Object key(Run run, @Nullable Object v) {
    if (v instanceof Sequence.Tuple) {
      run.enter("a tuple as a key");
      for (Object o : (Sequence.Tuple) v) {
        Object unused = key(run, o);
      }
      run.leave();
    } else if (v instanceof Collection || v instanceof Map) {
      throw run.error(type(v) + " cannot be the key of a dict");
    }
    return v;
  }

  /** The key of a map that equals {@code v} as Python has it: 1, 1.0 and True are one key. */
  static @Nullable Object keyIn(Run run, Map<?, ?> map, @Nullable Object v) {
    Object key = key(run, v);
    if (key == null || !isNumber(key) || map.containsKey(key)) {
      return key;
    }
    double d = real(key);
    Object[] same = {(long) d, d, d == 1};
    for (Object other : same) {
      if (map.containsKey(other) && same(run, key, other)) {
        return other;
      }
    }
    return key;
  }

  /** The items that a loop goes over: elements, keys, characters. Not to be changed. */
  @SuppressWarnings("unchecked")
  static List<@Nullable Object> items(Run run, @Nullable Object v) {
    if (v instanceof List) {
      return (List<@Nullable Object>) v;
    }
    if (v instanceof Sequence.Lazy) {
      return ((Sequence.Lazy) v).rest(run);
    }
    if (v instanceof Map) {
      run.elements(((Map<?, ?>) v).size(), "going through a dict");
      return new ArrayList<>(((Map<?, ?>) v).keySet());
    }
    if (v instanceof String) {
      List<@Nullable Object> out = new ArrayList<>();
      String s = (String) v;
      run.elements(s.length(), "going through a string");
      for (int i = 0; i < s.length(); ) {
        int n = Character.charCount(s.codePointAt(i));
        out.add(s.substring(i, i + n));
        i += n;
      }
      return out;
    }
    if (v instanceof Undefined) {
      return new ArrayList<>();
    }
    throw run.error(type(v) + " cannot be gone through");
  }

  /** Python's len(). */
  static long length(Run run, @Nullable Object v) {
    if (v instanceof String) {
      run.scan(((String) v).length(), "the length of a string");
      return ((String) v).codePointCount(0, ((String) v).length());
    }
    if (v instanceof Collection) {
      return ((Collection<?>) v).size();
    }
    if (v instanceof Map) {
      return ((Map<?, ?>) v).size();
    }
    if (v instanceof Undefined) {
      return 0;
    }
    throw run.error(
        type(v) + " has no length" + (v instanceof Sequence.Lazy ? "; use |list first" : ""));
  }

  static String type(@Nullable Object v) {
    if (v == null) {
      return "None";
    }
    if (v instanceof Undefined) {
      return ((Undefined) v).what + ", which is undefined,";
    }
    if (v instanceof Sequence.Lazy) {
      return "what filter '" + ((Sequence.Lazy) v).filter + "' gives";
    }
    if (v instanceof Attributes && !(v instanceof Sequence.Group)) {
      return ((Attributes) v).kind();
    }
    return v instanceof Boolean
        ? "bool"
        : isWhole(v)
            ? "int"
            : v instanceof Double
                ? "float"
                : v instanceof String
                    ? "str"
                    : v instanceof Sequence.Tuple
                        ? "tuple"
                        : v instanceof List
                            ? "list"
                            : v instanceof Map
                                ? "dict"
                                : v instanceof Callable ? "function" : "object";
  }

  /** Python's str(). */
  static String text(Run run, @Nullable Object v) {
    if (v instanceof String) {
      return (String) v;
    }
    if (v instanceof Undefined) {
      return "";
    }
    StringBuilder out = new StringBuilder();
    Repr.write(run, v, out);
    return out.toString();
  }
}
