package dev.sampo.tokenizer.chat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Operators, indexing and attributes, as Python and Jinja's sandbox do them. */
final class Operators {
  private static final int MAX_BITS = 100_000;

  private Operators() {}

  static boolean compare(Run run, String op, @Nullable Object a, @Nullable Object b) {
    run.step("'" + op + "'");
    switch (op) {
      case "==":
        return Values.same(run, a, b);
      case "!=":
        return !Values.same(run, a, b);
      case "in":
        return Values.contains(run, b, a);
      case "not in":
        return !Values.contains(run, b, a);
      case "<":
        return ordered(a, b) && Values.compare(run, a, b) < 0;
      case ">":
        return ordered(a, b) && Values.compare(run, a, b) > 0;
      case "<=":
        return ordered(a, b) && Values.compare(run, a, b) <= 0;
      default:
        return ordered(a, b) && Values.compare(run, a, b) >= 0;
    }
  }

  /** Whatever is compared with NaN is false. */
  private static boolean ordered(@Nullable Object a, @Nullable Object b) {
    return !(a instanceof Double && ((Double) a).isNaN() && Values.isNumber(b)
        || b instanceof Double && ((Double) b).isNaN() && Values.isNumber(a));
  }

  static @Nullable Object binary(Run run, String op, @Nullable Object a, @Nullable Object b) {
    run.step("'" + op + "'");
    if (Values.isNumber(a) && Values.isNumber(b)) {
      return a instanceof Double || b instanceof Double || op.equals("/")
          ? real(run, op, Values.real(a), Values.real(b))
          : whole(run, op, Values.big(a), Values.big(b));
    }
    if (op.equals("+")) {
      if (a instanceof String && b instanceof String) {
        run.characters(((String) a).length() + (long) ((String) b).length(), "'+'");
        return (String) a + b;
      }
      boolean tuples = a instanceof Sequence.Tuple && b instanceof Sequence.Tuple;
      if (tuples || Values.isList(a) && Values.isList(b)) {
        List<@Nullable Object> x = Values.items(run, a);
        List<@Nullable Object> y = Values.items(run, b);
        run.elements(x.size() + (long) y.size(), "'+'");
        List<@Nullable Object> out = tuples ? new Sequence.Tuple(x) : new ArrayList<>(x);
        out.addAll(y);
        return out;
      }
    }
    if (op.equals("*") && Values.isWhole(a)) {
      return repeated(run, b, a, a, b);
    }
    if (op.equals("*") && Values.isWhole(b)) {
      return repeated(run, a, b, a, b);
    }
    if (op.equals("%") && a instanceof String) {
      return Format.percent(run, (String) a, b);
    }
    throw unsupported(run, op, a, b);
  }

  private static ChatTemplateException unsupported(
      Run run, String op, @Nullable Object a, @Nullable Object b) {
    return run.error("'" + op + "' of " + Values.type(a) + " and " + Values.type(b));
  }

  private static Object repeated(
      Run run,
      @Nullable Object what,
      @Nullable Object times,
      @Nullable Object a,
      @Nullable Object b) {
    long n =
        Values.big(times)
            .min(BigInteger.valueOf(Integer.MAX_VALUE))
            .max(BigInteger.ZERO)
            .longValue();
    if (what instanceof String) {
      return Strings.repeat(run, (String) what, n);
    }
    if (!(what instanceof Sequence.Tuple) && !Values.isList(what)) {
      throw unsupported(run, "*", a, b);
    }
    List<@Nullable Object> items = Values.items(run, what);
    run.elements(items.size() * n, "'*'");
    List<@Nullable Object> out =
        what instanceof Sequence.Tuple ? new Sequence.Tuple() : new ArrayList<>();
    for (long i = 0; !items.isEmpty() && i < n; i++) {
      out.addAll(items);
    }
    return out;
  }

  private static Object real(Run run, String op, double x, double y) {
    if (y == 0 && (op.equals("/") || op.equals("//") || op.equals("%"))) {
      throw run.error("'" + op + "': division by zero");
    }
    switch (op) {
      case "+":
        return x + y;
      case "-":
        return x - y;
      case "*":
        return x * y;
      case "/":
        return x / y;
      case "//":
        return Math.floor(x / y);
      case "%":
        double rest = x % y;
        return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
      default:
        if (x == 0 && y < 0) {
          throw run.error("'**': 0.0 to a negative power");
        }
        if (x < 0 && y != Math.rint(y)) {
          throw run.error("'**': a root of a negative number");
        }
        return Math.pow(x, y);
    }
  }

  private static Object whole(Run run, String op, BigInteger x, BigInteger y) {
    if (y.signum() == 0 && (op.equals("//") || op.equals("%"))) {
      throw run.error("'" + op + "': division by zero");
    }
    switch (op) {
      case "+":
        return Values.whole(x.add(y));
      case "-":
        return Values.whole(x.subtract(y));
      case "*":
        limit(run, op, x.bitLength() + (long) y.bitLength());
        return Values.whole(x.multiply(y));
      case "//":
        BigInteger[] both = x.divideAndRemainder(y);
        boolean down = both[1].signum() != 0 && both[1].signum() != y.signum();
        return Values.whole(down ? both[0].subtract(BigInteger.ONE) : both[0]);
      case "%":
        BigInteger rest = x.remainder(y);
        return Values.whole(rest.signum() != 0 && rest.signum() != y.signum() ? rest.add(y) : rest);
      default:
        if (y.signum() < 0) {
          return real(run, op, x.doubleValue(), y.doubleValue());
        }
        if (x.abs().compareTo(BigInteger.ONE) <= 0) {
          return Values.whole(x.pow(y.testBit(0) ? 1 : y.signum() == 0 ? 0 : 2));
        }
        limit(run, op, y.bitLength() > 31 ? Long.MAX_VALUE : x.bitLength() * y.longValue());
        return Values.whole(x.pow(y.intValue()));
    }
  }

  private static void limit(Run run, String op, long bits) {
    if (bits > MAX_BITS) {
      throw run.error("'" + op + "' gives a number of more than " + MAX_BITS + " bits");
    }
    run.scan(bits, "'" + op + "'");
  }

  static @Nullable Object negated(Run run, @Nullable Object v) {
    run.step("'-'");
    if (v instanceof Double) {
      return -(Double) v;
    }
    if (Values.isWhole(v)) {
      return Values.whole(Values.big(v).negate());
    }
    throw run.error("'-' of " + Values.type(v));
  }

  static @Nullable Object positive(Run run, @Nullable Object v) {
    if (!Values.isNumber(v)) {
      throw run.error("'+' of " + Values.type(v));
    }
    return v instanceof Boolean ? Values.whole(Values.big(v)) : v;
  }

  /** {@code target[key]}: the item, else the attribute. */
  static @Nullable Object item(Run run, @Nullable Object target, @Nullable Object key) {
    run.step("'[...]'");
    if (target instanceof Undefined) {
      throw run.error(((Undefined) target).what + " is undefined, and has no items");
    }
    if (target instanceof Map && !(key instanceof java.util.Collection) && !(key instanceof Map)
        || target instanceof Map && key instanceof Sequence.Tuple) {
      Map<?, ?> map = (Map<?, ?>) target;
      Object k = Values.keyIn(run, map, key);
      Object value = map.get(k);
      if (value != null || map.containsKey(k)) {
        return value;
      }
    }
    boolean indexed =
        target instanceof String || target instanceof List && !(target instanceof Sequence.View);
    if (indexed && (key instanceof Long || key instanceof Boolean)) {
      Object found = indexed(run, target, Values.big(key).longValue());
      if (found != null || target instanceof List) {
        return found;
      }
    }
    return key instanceof String
        ? member(run, target, (String) key)
        : new Undefined("item " + brief(run, key) + " of " + Values.type(target));
  }

  private static @Nullable Object indexed(Run run, Object target, long index) {
    if (target instanceof List) {
      List<?> list = (List<?>) target;
      long i = index < 0 ? index + list.size() : index;
      return i >= 0 && i < list.size()
          ? list.get((int) i)
          : new Undefined("item " + index + " of a list of " + list.size());
    }
    String s = (String) target;
    long n = Values.length(run, s);
    long i = index < 0 ? index + n : index;
    if (i < 0 || i >= n) {
      return null;
    }
    int at = s.offsetByCodePoints(0, (int) i);
    return s.substring(at, at + Character.charCount(s.codePointAt(at)));
  }

  private static String brief(Run run, @Nullable Object key) {
    return key instanceof Long || key instanceof String ? "'" + key + "'" : Values.type(key);
  }

  /** {@code target.name}: the attribute, else the item. */
  static @Nullable Object attribute(Run run, @Nullable Object target, String name) {
    run.step("'." + name + "'");
    if (target instanceof Undefined) {
      throw run.error(((Undefined) target).what + " is undefined, and has no '" + name + "'");
    }
    Object member = member(run, target, name);
    if (!(member instanceof Undefined) || !(target instanceof Map)) {
      return member;
    }
    Map<?, ?> map = (Map<?, ?>) target;
    Object value = map.get(name);
    return value != null || map.containsKey(name) ? value : new Undefined("'" + name + "'");
  }

  /** A field or a method. What begins with two underscores is kept from templates. */
  private static @Nullable Object member(Run run, @Nullable Object target, String name) {
    if (name.startsWith("__")) {
      return new Undefined("'" + name + "'");
    }
    if (target instanceof Attributes) {
      Object value = ((Attributes) target).attribute(run, name);
      if (!(value instanceof Undefined) || !(target instanceof Sequence.Tuple)) {
        return value;
      }
    }
    Object method = Methods.of(target, name);
    return method == null ? new Undefined("'" + name + "' of " + Values.type(target)) : method;
  }

  static @Nullable Object slice(
      Run run,
      @Nullable Object target,
      @Nullable Object start,
      @Nullable Object stop,
      @Nullable Object step) {
    run.step("a slice");
    if (!(target instanceof String)
        && (!(target instanceof List) || target instanceof Sequence.View)) {
      if (target instanceof Undefined) {
        throw run.error(((Undefined) target).what + " is undefined, and cannot be sliced");
      }
      throw run.error(Values.type(target) + " cannot be sliced");
    }
    long by = step == null ? 1 : bound(run, step);
    if (by == 0) {
      throw run.error("a slice with step 0");
    }
    if (target instanceof String && by == 1) {
      return substring(run, (String) target, start, stop);
    }
    List<@Nullable Object> items = Values.items(run, target);
    long n = items.size();
    long from = start == null ? (by > 0 ? 0 : n - 1) : clamp(bound(run, start), n, by);
    long to = stop == null ? (by > 0 ? n : -1) : clamp(bound(run, stop), n, by);
    if (target instanceof Sequence.Range) {
      Sequence.Range range = (Sequence.Range) target;
      long count = Math.max(0, by > 0 ? (to - from + by - 1) / by : (from - to - by - 1) / -by);
      run.elements(count, "a slice");
      return new Sequence.Range(
          range.start + from * range.step, range.start + to * range.step, by * range.step, count);
    }
    List<@Nullable Object> out =
        target instanceof Sequence.Tuple ? new Sequence.Tuple() : new ArrayList<>();
    for (long i = from; by > 0 ? i < to : i > to; i += by) {
      run.elements(1, "a slice");
      out.add(items.get((int) i));
    }
    if (!(target instanceof String)) {
      return out;
    }
    StringBuilder text = new StringBuilder();
    for (Object o : out) {
      text.append(o);
    }
    return run.built(text.toString(), "a slice");
  }

  private static String substring(
      Run run, String s, @Nullable Object start, @Nullable Object stop) {
    long n = Values.length(run, s);
    long from = start == null ? 0 : clamp(bound(run, start), n, 1);
    long to = stop == null ? n : clamp(bound(run, stop), n, 1);
    if (from >= to) {
      return "";
    }
    int first = n == s.length() ? (int) from : s.offsetByCodePoints(0, (int) from);
    int last = n == s.length() ? (int) to : s.offsetByCodePoints(first, (int) (to - from));
    return run.built(s.substring(first, last), "a slice");
  }

  private static long bound(Run run, Object v) {
    if (!Values.isWhole(v)) {
      throw run.error("a slice with " + Values.type(v) + " as a bound");
    }
    BigInteger limit = BigInteger.valueOf(Integer.MAX_VALUE);
    return Values.big(v).min(limit).max(limit.negate()).longValue();
  }

  private static long clamp(long i, long n, long by) {
    long k = i < 0 ? i + n : i;
    return by > 0 ? Math.max(0, Math.min(k, n)) : Math.max(-1, Math.min(k, n - 1));
  }
}
