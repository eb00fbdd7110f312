package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Numbers and other values of schemas, compared as JSON schemas do: by value. No number is written out whose exponent is large. */
final class SchemaNumbers {
  /** The longest numbers that are followed digit by digit. */
  static final int MAX_DIGITS = 400;

  private SchemaNumbers() {}

  /** The value of a number, or null where it is none. */
  static @Nullable BigDecimal decimal(JsonNode node) {
    return node.isNumber() ? node.decimalValue() : null;
  }

  static boolean isInteger(BigDecimal value) {
    return value.signum() == 0 || value.stripTrailingZeros().scale() <= 0;
  }

  /** Digits before the point. */
  static long wholeDigits(BigDecimal value) {
    return value.signum() == 0 ? 1 : Math.max(1L, (long) value.precision() - value.scale());
  }

  /** Whether it can be written out without harm. */
  static boolean isShort(BigDecimal value) {
    return value.signum() == 0
        || (wholeDigits(value) <= MAX_DIGITS + 1
            && value.stripTrailingZeros().scale() <= MAX_DIGITS);
  }

  static BigInteger ceiling(BigDecimal value) {
    return value.setScale(0, java.math.RoundingMode.CEILING).toBigInteger();
  }

  static BigInteger floor(BigDecimal value) {
    return value.setScale(0, java.math.RoundingMode.FLOOR).toBigInteger();
  }

  /** A text that is the same for equal values and for these only. */
  static String canonical(JsonNode value) {
    if (value.isNumber()) {
      BigDecimal number = value.decimalValue();
      return number.signum() == 0 ? "0" : number.stripTrailingZeros().toString();
    }
    if (value.isArray()) {
      List<String> items = new ArrayList<>();
      value.forEach(item -> items.add(canonical(item)));
      return items.toString();
    }
    if (value.isObject()) {
      TreeMap<String, String> members = new TreeMap<>();
      value
          .fields()
          .forEachRemaining(
              e -> members.put(JsonTexts.quoted(e.getKey()), canonical(e.getValue())));
      return members.toString();
    }
    return value.isTextual() ? JsonTexts.quoted(value.textValue()) : value.toString();
  }
}
