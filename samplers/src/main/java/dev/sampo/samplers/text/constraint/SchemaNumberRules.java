package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Numbers of a schema, within bounds and as multiples. */
final class SchemaNumberRules {
  private static final int MAX_FACTOR = 5_000;
  private static final int DIGITS = 15;

  private SchemaNumberRules() {}

  static Expr written(Branch branch, int types) {
    boolean excludes = branch.excluded.values().stream().anyMatch(JsonNode::isNumber);
    boolean free =
        branch.low == null && branch.high == null && branch.multiples.isEmpty() && !excludes;
    if (free && (types & Branch.NUMBER) == Branch.NUMBER) {
      return JsonTexts.ref("number");
    }
    if (free && (types & Branch.NUMBER) == Branch.INTEGER) {
      return JsonTexts.ref("integer");
    }
    try {
      List<Expr> options = new ArrayList<>();
      if ((types & Branch.INTEGER) != 0) {
        integers(branch, options);
      }
      if ((types & Branch.FRACTION) != 0) {
        fractions(branch, options);
      }
      return new Expr.Alt(options);
    } catch (CharDfa.TooLargeException e) {
      Schema from =
          !branch.multiples.isEmpty()
              ? branch.multiples.get(0).from
              : branch.low != null
                  ? branch.low.from
                  : branch.high != null
                      ? branch.high.from
                      : java.util.Objects.requireNonNull(branch.excluder);
      String key =
          !branch.multiples.isEmpty() ? "multipleOf" : from.has("minimum") ? "minimum" : "maximum";
      throw from.refuse(key, "the numbers need too many states; use smaller bounds or factors");
    }
  }

  private static Expr digits(String sign, CharDfa texts) {
    return Expr.seq(Expr.text(sign), new Expr.Language(texts.merged(), chars -> chars));
  }

  // ---- integers

  private static void integers(Branch branch, List<Expr> options) {
    BigInteger low = integer(branch.low, true);
    BigInteger high = integer(branch.high, false);
    int digits = DIGITS;
    for (BigInteger bound : new BigInteger[] {low, high}) {
      digits = bound == null ? digits : Math.max(digits, bound.abs().toString().length() + 1);
    }
    BigInteger limit = BigInteger.TEN.pow(digits).subtract(BigInteger.ONE);
    low = low == null ? limit.negate() : low;
    high = high == null ? limit : high;
    if (high.signum() >= 0 && low.compareTo(high) <= 0) {
      positive(branch, low.max(BigInteger.ZERO), high, 1, options);
    }
    if (low.signum() < 0 && low.compareTo(high) <= 0) {
      positive(branch, high.negate().max(BigInteger.ONE), low.negate(), -1, options);
    }
  }

  private static void positive(
      Branch branch, BigInteger low, BigInteger high, int sign, List<Expr> options) {
    CharDfa texts = NumberTexts.naturals(low, high);
    for (Branch.Multiple multiple : branch.multiples) {
      texts = multiples(texts, multiple);
    }
    List<String> excluded = new ArrayList<>();
    for (JsonNode value : branch.excluded.values()) {
      if (Branch.typeOf(value) == Branch.INTEGER
          && SchemaNumbers.isShort(value.decimalValue())
          && value.decimalValue().signum() * sign >= 0) {
        excluded.add(value.decimalValue().abs().toBigInteger().toString());
      }
    }
    texts = excluded.isEmpty() ? texts : texts.minus(CharDfa.of(excluded));
    if (!texts.isEmpty()) {
      options.add(digits(sign < 0 ? "-" : "", texts));
    }
  }

  private static CharDfa multiples(CharDfa texts, Branch.Multiple multiple) {
    BigDecimal factor = multiple.factor;
    Schema from = multiple.from;
    if (!SchemaNumbers.isShort(factor) || !SchemaNumbers.isInteger(factor)) {
      throw from.refuse(
          "multipleOf",
          "'multipleOf' with a factor that is no integer is not supported, as doubles cannot keep it");
    }
    BigInteger rest = factor.toBigInteger();
    int zeros = 0;
    while (rest.mod(BigInteger.TEN).signum() == 0) {
      rest = rest.divide(BigInteger.TEN);
      zeros++;
    }
    if (rest.compareTo(BigInteger.valueOf(MAX_FACTOR)) > 0 || zeros > SchemaNumbers.MAX_DIGITS) {
      throw from.refuse(
          "multipleOf",
          "'multipleOf' of more than " + MAX_FACTOR + " (before zeros) is not supported");
    }
    CharDfa all = NumberTexts.multiples(rest.intValueExact(), true);
    if (zeros > 0) {
      Expr ended =
          Expr.alt(Expr.text("0"), Expr.seq(Expr.many(Expr.chars("0-9")), Expr.text(zeros(zeros))));
      all = all.and(CharDfa.of(ended));
    }
    return multiple.wanted ? texts.and(all) : texts.minus(all);
  }

  private static String zeros(int count) {
    char[] zeros = new char[count];
    java.util.Arrays.fill(zeros, '0');
    return new String(zeros);
  }

  /** The first integer within a bound; null where there is none, or it is too far away to matter. */
  private static @Nullable BigInteger integer(Branch.@Nullable Bound bound, boolean low) {
    BigDecimal value = reach(bound, low);
    if (value == null || bound == null) {
      return null;
    }
    BigInteger integer = low ? SchemaNumbers.ceiling(value) : SchemaNumbers.floor(value);
    boolean hit = bound.exclusive && new BigDecimal(integer).compareTo(value) == 0;
    BigInteger step = low ? BigInteger.ONE : BigInteger.ONE.negate();
    return hit ? integer.add(step) : integer;
  }

  /**
   * The value of a bound; null where there is none, or no number that is written here lies beyond it. A large one that is written with an exponent or a
   * fraction is the farther in of its exact value and the double that many readers take for it.
   */
  private static @Nullable BigDecimal reach(Branch.@Nullable Bound bound, boolean low) {
    if (bound == null) {
      return null;
    }
    BigDecimal value = bound.value;
    if (value.signum() != 0 && SchemaNumbers.wholeDigits(value) > SchemaNumbers.MAX_DIGITS) {
      if ((value.signum() < 0) == low) {
        return null;
      }
      throw bound.from.refuse(
          bound.keyword,
          "'" + bound.keyword + "' has more than " + SchemaNumbers.MAX_DIGITS + " digits");
    }
    if (value.signum() != 0
        && (long) value.scale() - value.precision() > SchemaNumbers.MAX_DIGITS) {
      // As good as 0, on one side of it.
      BigDecimal tiny = BigDecimal.ONE.movePointLeft(SchemaNumbers.MAX_DIGITS);
      return value.signum() < 0 ? tiny.negate() : tiny;
    }
    if (value.scale() > 2 * SchemaNumbers.MAX_DIGITS) {
      value =
          value.setScale(
              2 * SchemaNumbers.MAX_DIGITS, low ? RoundingMode.CEILING : RoundingMode.FLOOR);
    }
    double d = value.doubleValue();
    if (SchemaNumbers.isInteger(value) && Math.abs(d) >= 1L << 53 && !Double.isInfinite(d)) {
      BigDecimal asDouble = new BigDecimal(d);
      value = low ? value.max(asDouble) : value.min(asDouble);
    }
    return value;
  }

  // ---- fractions

  private static void fractions(Branch branch, List<Expr> options) {
    for (Branch.Multiple multiple : branch.multiples) {
      if (!SchemaNumbers.isShort(multiple.factor) || !SchemaNumbers.isInteger(multiple.factor)) {
        throw multiple.from.refuse(
            "multipleOf",
            "'multipleOf' with a factor that is no integer is not supported, as doubles cannot keep it");
      }
      if (multiple.wanted) {
        // No fraction is a multiple of an integer.
        return;
      }
    }
    for (JsonNode value : branch.excluded.values()) {
      if (Branch.typeOf(value) == Branch.FRACTION) {
        Schema from = java.util.Objects.requireNonNull(branch.excluder);
        throw from.refuse(
            from.has("enum") ? "enum" : "const",
            "excluding a number with a fraction is not supported");
      }
    }
    for (int sign : new int[] {1, -1}) {
      CharDfa texts = fractions(branch, sign);
      if (!texts.isEmpty()) {
        options.add(digits(sign < 0 ? "-" : "", texts));
      }
    }
  }

  /** Fractions of one sign, without it. */
  private static CharDfa fractions(Branch branch, int sign) {
    // More digits than a double keeps could end as an integer, or beyond a bound.
    CharDfa texts = NumberTexts.fractions(DIGITS, NumberTexts.DOUBLE_DIGITS);
    for (boolean low : new boolean[] {true, false}) {
      Branch.Bound bound = low ? branch.low : branch.high;
      BigDecimal value = reach(bound, low);
      if (bound == null || value == null) {
        continue;
      }
      boolean atLeast = low == sign > 0;
      if (value.signum() * sign < 0) {
        // The bound lies on the other side of 0: all of this side is within, or none.
        if (!atLeast) {
          return CharDfa.of(List.of());
        }
        continue;
      }
      texts = texts.and(compared(value.abs(), atLeast, bound.exclusive));
    }
    return texts;
  }

  private static CharDfa compared(BigDecimal bound, boolean atLeast, boolean exclusive) {
    BigDecimal value = bound;
    if (exclusive && bound.precision() > NumberTexts.DOUBLE_DIGITS) {
      // A number of 15 digits that differs from the bound may still be the same double.
      BigDecimal near = bound.round(new MathContext(NumberTexts.DOUBLE_DIGITS));
      value = atLeast ? bound.max(near) : bound.min(near);
    }
    return NumberTexts.comparedFractions(value, atLeast, exclusive);
  }
}
