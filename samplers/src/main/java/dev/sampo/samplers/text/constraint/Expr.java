package dev.sampo.samplers.text.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A grammar expression: what regular expressions, GBNF and JSON schemas are all turned into. */
interface Expr {
  /** No limit of a repetition. */
  int UNBOUNDED = Integer.MAX_VALUE;

  /** One code point out of ranges, first and last in turn. */
  record Chars(List<Integer> ranges) implements Expr {}

  /** A text as it is. */
  record Text(String text) implements Expr {}

  /** One after the other. */
  record Seq(List<Expr> parts) implements Expr {}

  /** One of them. */
  record Alt(List<Expr> options) implements Expr {}

  /** So many times; {@code max} may be {@link #UNBOUNDED}. */
  record Repeat(Expr body, int min, int max) implements Expr {}

  /** Nothing, at the beginning of the text or at its end; only in regular expressions, and only on the way to a {@link CharDfa}. */
  record Anchor(boolean begin) implements Expr {}

  /**
   * One token of the vocabulary as a whole.
   *
   * @param name its text, such as {@code <think>}; null where {@code id} says which
   * @param wanted whether that token, or any other that has a text
   */
  record Token(@Nullable String name, int id, boolean wanted) implements Expr {}

  /** A regular language, with how a set of its characters is written. */
  record Language(CharDfa texts, UnaryOperator<Expr> spelling) implements Expr {}

  /** A rule by its name. */
  record Ref(String rule) implements Expr {}

  static Expr text(String text) {
    return new Text(text);
  }

  static Expr seq(Expr... parts) {
    return new Seq(Arrays.asList(parts));
  }

  static Expr alt(Expr... options) {
    return new Alt(Arrays.asList(options));
  }

  static Expr optional(Expr body) {
    return new Repeat(body, 0, 1);
  }

  static Expr many(Expr body) {
    return new Repeat(body, 0, UNBOUNDED);
  }

  /** Single characters and ranges, such as {@code "a-zA-Z_"} without escapes. */
  static Chars chars(String set) {
    List<Integer> ranges = new ArrayList<>();
    for (int i = 0; i < set.length(); i++) {
      boolean range = i + 2 < set.length() && set.charAt(i + 1) == '-';
      ranges.add((int) set.charAt(i));
      ranges.add((int) set.charAt(range ? i + 2 : i));
      i += range ? 2 : 0;
    }
    return new Chars(ranges);
  }

  /** Sorted, disjoint ranges. */
  static List<Integer> normalise(List<Integer> ranges) {
    List<int[]> sorted = new ArrayList<>();
    for (int i = 0; i < ranges.size(); i += 2) {
      sorted.add(new int[] {ranges.get(i), ranges.get(i + 1)});
    }
    sorted.sort((a, b) -> Integer.compare(a[0], b[0]));
    List<Integer> merged = new ArrayList<>();
    for (int[] range : sorted) {
      int last = merged.size() - 1;
      if (last > 0 && range[0] <= merged.get(last) + 1) {
        merged.set(last, Math.max(merged.get(last), range[1]));
      } else {
        merged.add(range[0]);
        merged.add(range[1]);
      }
    }
    return merged;
  }

  /** All code points that the ranges leave out, surrogates excepted. */
  static List<Integer> negate(List<Integer> ranges) {
    List<Integer> taken = new ArrayList<>(ranges);
    taken.add(0xd800);
    taken.add(0xdfff);
    List<Integer> left = new ArrayList<>();
    int next = 0;
    List<Integer> sorted = normalise(taken);
    for (int i = 0; i < sorted.size(); i += 2) {
      if (sorted.get(i) > next) {
        left.add(next);
        left.add(sorted.get(i) - 1);
      }
      next = sorted.get(i + 1) + 1;
    }
    if (next <= Character.MAX_CODE_POINT) {
      left.add(next);
      left.add(Character.MAX_CODE_POINT);
    }
    return left;
  }
}
