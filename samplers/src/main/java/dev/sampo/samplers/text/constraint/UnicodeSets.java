package dev.sampo.samplers.text.constraint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.IntPredicate;

/** The sets of characters that regular expressions call by name. */
final class UnicodeSets {
  private static final Expr.Chars DIGIT = Expr.chars("0-9");
  private static final Expr.Chars WORD = Expr.chars("0-9A-Z_a-z");
  private static final Expr.Chars SPACE = Expr.chars(" \t\n\u000b\f\r");
  private static final Expr.Chars WIDE_SPACE =
      Expr.chars(
          " \t-\r\u001c-\u001f\u0085\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff");
  private static final Map<String, Expr.Chars> KNOWN = new ConcurrentHashMap<>();

  /** General categories by their short names; a letter alone stands for all that begin with it. */
  private static final Map<String, Integer> CATEGORIES = new HashMap<>();

  /** Long names of general categories. */
  private static final Map<String, String> LONG_NAMES =
      Map.of(
          "Letter", "L",
          "Uppercase_Letter", "Lu",
          "Lowercase_Letter", "Ll",
          "Mark", "M",
          "Number", "N",
          "Decimal_Number", "Nd",
          "digit", "Nd",
          "Punctuation", "P",
          "Symbol", "S",
          "Separator", "Z");

  static {
    String names =
        "Lu1 Ll2 Lt3 Lm4 Lo5 Mn6 Me7 Mc8 Nd9 Nl10 No11 Zs12 Zl13 Zp14 Pd20 Ps21 Pe22 Pc23 Po24 Sm25 Sc26 Sk27 So28 Pi29 Pf30";
    for (String name : names.split(" ", -1)) {
      CATEGORIES.put(name.substring(0, 2), Integer.valueOf(name.substring(2)));
    }
  }

  private UnicodeSets() {}

  /**
   * A set by its letter.
   *
   * @param letter {@code d w s}
   * @param wide whether all that any engine takes for one, not only ASCII
   */
  static Expr.Chars named(char letter, boolean wide) {
    switch (letter) {
      case 'd':
        return wide ? known("d", Character::isDigit) : DIGIT;
      case 'w':
        return wide ? known("w", UnicodeSets::word) : WORD;
      default:
        return wide ? WIDE_SPACE : SPACE;
    }
  }

  private static boolean word(int c) {
    int type = Character.getType(c);
    return (type >= Character.UPPERCASE_LETTER && type <= Character.OTHER_NUMBER)
        || type == Character.CONNECTOR_PUNCTUATION;
  }

  /** A general category by its name. */
  static Expr.Chars property(
      String name, boolean negated, Function<String, GrammarException> error) {
    String wanted = name;
    for (String prefix : new String[] {"General_Category=", "gc="}) {
      wanted = wanted.startsWith(prefix) ? wanted.substring(prefix.length()) : wanted;
    }
    String category = LONG_NAMES.getOrDefault(wanted, wanted);
    List<Integer> types = new ArrayList<>();
    CATEGORIES.forEach(
        (key, type) -> {
          if (key.equals(category) || (category.length() == 1 && key.startsWith(category))) {
            types.add(type);
          }
        });
    if (types.isEmpty()) {
      throw error.apply("the property '" + name + "' is not supported");
    }
    Expr.Chars set = known("p" + category, c -> types.contains(Character.getType(c)));
    return negated ? new Expr.Chars(Expr.negate(set.ranges())) : set;
  }

  private static Expr.Chars known(String name, IntPredicate member) {
    return KNOWN.computeIfAbsent(
        name,
        k -> {
          List<Integer> ranges = new ArrayList<>();
          int begin = -1;
          for (int c = 0; c <= Character.MAX_CODE_POINT + 1; c++) {
            boolean in =
                c <= Character.MAX_CODE_POINT && (c < 0xd800 || c > 0xdfff) && member.test(c);
            if (in && begin < 0) {
              begin = c;
            } else if (!in && begin >= 0) {
              ranges.add(begin);
              ranges.add(c - 1);
              begin = -1;
            }
          }
          return new Expr.Chars(ranges);
        });
  }
}
