package dev.sampo.tokenizer.chat;

import java.math.BigInteger;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Jinja's tests: what may stand behind {@code is}. */
final class Tests {
  private static final Table TESTS = new Table("test");

  static {
    types();
    numbers();
    comparisons();
    TESTS.add("filter", "", (run, v, a) -> v instanceof String && Filters.has((String) v));
    TESTS.add("test", "", (run, v, a) -> v instanceof String && TESTS.has((String) v));
    TESTS.add("escaped", "", (run, v, a) -> false);
    TESTS.add("in", "seq", (run, v, a) -> Values.contains(run, a.get(0), v));
    TESTS.add("sameas", "other", (run, v, a) -> identical(run, v, a.get(0)));
    TESTS.add(
        "lower",
        "",
        (run, v, a) -> {
          String s = Values.text(run, v);
          return s.codePoints().anyMatch(Strings::isCased) && s.equals(s.toLowerCase(Locale.ROOT));
        });
    TESTS.add(
        "upper",
        "",
        (run, v, a) -> {
          String s = Values.text(run, v);
          return s.codePoints().anyMatch(Strings::isCased) && s.equals(s.toUpperCase(Locale.ROOT));
        });
  }

  private Tests() {}

  static boolean has(String name) {
    return TESTS.has(name);
  }

  static boolean test(
      Run run,
      String name,
      @Nullable Object v,
      List<@Nullable Object> args,
      Map<String, @Nullable Object> named) {
    return Boolean.TRUE.equals(TESTS.call(run, name, v, args, named));
  }

  private static void plain(String name, Predicate<@Nullable Object> test) {
    TESTS.add(name, "", (run, v, a) -> test.test(v));
  }

  private static void types() {
    plain("defined", v -> !(v instanceof Undefined));
    plain("undefined", v -> v instanceof Undefined);
    plain("none", v -> v == null);
    plain("string", v -> v instanceof String);
    plain("mapping", v -> v instanceof Map);
    plain("number", Values::isNumber);
    plain("integer", v -> Values.isWhole(v) && !(v instanceof Boolean));
    plain("float", v -> v instanceof Double);
    plain("boolean", v -> v instanceof Boolean);
    plain("true", Boolean.TRUE::equals);
    plain("false", Boolean.FALSE::equals);
    plain("callable", v -> v instanceof Callable || v instanceof Undefined);
    plain(
        "iterable",
        v ->
            v instanceof Collection
                || v instanceof Map
                || v instanceof String
                || v instanceof Sequence.Lazy
                || v instanceof Undefined
                || v instanceof Loop);
    plain(
        "sequence",
        v ->
            v instanceof Collection && !(v instanceof Sequence.View)
                || v instanceof Map
                || v instanceof String
                || v instanceof Undefined);
  }

  private static void numbers() {
    TESTS.add("even", "", (run, v, a) -> rest(run, "even", v, 2L) == 0);
    TESTS.add("odd", "", (run, v, a) -> rest(run, "odd", v, 2L) == 1);
    TESTS.add("divisibleby", "num", (run, v, a) -> rest(run, "divisibleby", v, a.get(0)) == 0);
  }

  private static double rest(Run run, String name, @Nullable Object v, @Nullable Object by) {
    if (!Values.isNumber(v) || !Values.isNumber(by)) {
      throw run.error("test '" + name + "' of " + Values.type(v));
    }
    return Values.real(Operators.binary(run, "%", v, by));
  }

  private static void comparisons() {
    String[][] names = {
      {"==", "eq equalto =="},
      {"!=", "ne !="},
      {"<", "lt lessthan <"},
      {"<=", "le <="},
      {">", "gt greaterthan >"},
      {">=", "ge >="}
    };
    for (String[] each : names) {
      TESTS.add(each[1], "other", (run, v, a) -> Operators.compare(run, each[0], v, a.get(0)));
    }
  }

  /** Python's {@code is}: equal small numbers and texts are one object there, equal lists are not. */
  private static boolean identical(Run run, @Nullable Object a, @Nullable Object b) {
    if (a == b) {
      return true;
    }
    if (a instanceof Undefined && b instanceof Undefined) {
      return false;
    }
    boolean plain =
        a instanceof Long || a instanceof String || a instanceof Boolean || a instanceof BigInteger;
    return plain
        && b != null
        && java.util.Objects.requireNonNull(a).getClass() == b.getClass()
        && Values.same(run, a, b);
  }
}
