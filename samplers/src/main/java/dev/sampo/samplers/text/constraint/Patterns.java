package dev.sampo.samplers.text.constraint;

import java.util.List;

/** Patterns of JSON schemas: they may match anywhere in a text, and engines differ in what some marks match. */
final class Patterns {
  private static final Expr ANYTHING = Expr.many(new Expr.Chars(Expr.negate(List.of())));

  private Patterns() {}

  /** 1 where every engine finds the pattern in a text, -1 where none does, 0 where they differ. */
  static int matches(Schema from, String pattern, String text) {
    if (narrow(from, "patternProperties", pattern).contains(text)) {
      return 1;
    }
    return wide(from, "patternProperties", pattern).contains(text) ? 0 : -1;
  }

  /** The texts in which every engine finds the pattern. */
  static CharDfa narrow(Schema from, String keyword, String pattern) {
    return dfa(from, keyword, pattern, RegexParser.Reading.NARROW);
  }

  /** The texts in which some engine finds the pattern. */
  static CharDfa wide(Schema from, String keyword, String pattern) {
    return dfa(from, keyword, pattern, RegexParser.Reading.WIDE);
  }

  private static CharDfa dfa(
      Schema from, String keyword, String pattern, RegexParser.Reading reading) {
    String key = reading + pattern;
    CharDfa known = from.document().patterns.get(key);
    if (known == null) {
      Expr body;
      try {
        body = RegexParser.parse(pattern, reading);
      } catch (GrammarException e) {
        throw from.refuse(keyword, "'" + keyword + "': " + trimmed(e));
      }
      try {
        known = CharDfa.of(Expr.seq(ANYTHING, body, ANYTHING));
      } catch (CharDfa.TooLargeException e) {
        throw tooLarge(from, keyword);
      }
      from.document().patterns.put(key, known);
    }
    return known;
  }

  static SchemaRefusal tooLarge(Schema from, String keyword) {
    return from.refuse(
        keyword,
        "'" + keyword + "', with what stands beside it, needs too many states; lower its bounds");
  }

  private static String trimmed(GrammarException e) {
    String message = String.valueOf(e.getMessage());
    return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
  }
}
