package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What Python's strings do. */
final class Strings {
  private static final int CAPITAL_SIGMA = 0x3A3;

  private Strings() {}

  /** What str.isspace() calls a space. */
  static boolean isSpace(int c) {
    return Character.isWhitespace(c)
        || Character.isSpaceChar(c)
        || c == 0x85
        || (c >= 0x1C && c <= 0x1F);
  }

  private static boolean isLineEnd(char c) {
    return c == '\n'
        || c == '\r'
        || c == 0x0B
        || c == 0x0C
        || (c >= 0x1C && c <= 0x1E)
        || c == 0x85
        || c == 0x2028
        || c == 0x2029;
  }

  static String repeat(Run run, String text, long times) {
    if (text.isEmpty() || times <= 0) {
      return "";
    }
    run.characters(
        times > Integer.MAX_VALUE ? Long.MAX_VALUE / 2 : text.length() * times,
        "repeating a string");
    StringBuilder out = new StringBuilder();
    for (long i = 0; i < times; i++) {
      out.append(text);
    }
    return out.toString();
  }

  static String strip(String s, @Nullable String chars, boolean left, boolean right) {
    int from = 0;
    int to = s.length();
    while (left && from < to) {
      int c = s.codePointAt(from);
      if (chars == null ? !isSpace(c) : chars.indexOf(c) < 0) {
        break;
      }
      from += Character.charCount(c);
    }
    while (right && from < to) {
      int c = s.codePointBefore(to);
      if (chars == null ? !isSpace(c) : chars.indexOf(c) < 0) {
        break;
      }
      to -= Character.charCount(c);
    }
    return s.substring(from, to);
  }

  static List<@Nullable Object> split(Run run, String s, @Nullable String separator, int max) {
    List<@Nullable Object> out = new ArrayList<>();
    if (separator != null) {
      int start = 0;
      for (int at = s.indexOf(separator);
          at >= 0 && (max < 0 || out.size() < max);
          at = s.indexOf(separator, start)) {
        run.elements(1, "split()");
        out.add(s.substring(start, at));
        start = at + separator.length();
      }
      out.add(s.substring(start));
      return out;
    }
    int i = 0;
    while (true) {
      while (i < s.length() && isSpace(s.charAt(i))) {
        i++;
      }
      if (i == s.length()) {
        return out;
      }
      run.elements(1, "split()");
      if (max >= 0 && out.size() == max) {
        out.add(s.substring(i));
        return out;
      }
      int start = i;
      while (i < s.length() && !isSpace(s.charAt(i))) {
        i++;
      }
      out.add(s.substring(start, i));
    }
  }

  static List<@Nullable Object> rsplit(Run run, String s, @Nullable String separator, int max) {
    if (max < 0) {
      return split(run, s, separator, -1);
    }
    List<@Nullable Object> out = new ArrayList<>();
    int end = s.length();
    if (separator != null) {
      int at;
      while (out.size() < max
          && end >= separator.length()
          && (at = s.lastIndexOf(separator, end - separator.length())) >= 0) {
        run.elements(1, "rsplit()");
        out.add(s.substring(at + separator.length(), end));
        end = at;
      }
      out.add(s.substring(0, end));
    } else {
      while (true) {
        while (end > 0 && isSpace(s.charAt(end - 1))) {
          end--;
        }
        if (end == 0) {
          break;
        }
        run.elements(1, "rsplit()");
        if (out.size() == max) {
          out.add(s.substring(0, end));
          break;
        }
        int stop = end;
        while (end > 0 && !isSpace(s.charAt(end - 1))) {
          end--;
        }
        out.add(s.substring(end, stop));
      }
    }
    java.util.Collections.reverse(out);
    return out;
  }

  static List<@Nullable Object> lines(Run run, String s, boolean keepEnds) {
    List<@Nullable Object> out = new ArrayList<>();
    int start = 0;
    while (start < s.length()) {
      int end = start;
      while (end < s.length() && !isLineEnd(s.charAt(end))) {
        end++;
      }
      int next = end;
      if (end < s.length()) {
        next =
            s.charAt(end) == '\r' && end + 1 < s.length() && s.charAt(end + 1) == '\n'
                ? end + 2
                : end + 1;
      }
      run.elements(1, "splitlines()");
      out.add(s.substring(start, keepEnds ? next : end));
      start = next;
    }
    return out;
  }

  /** Replaces up to {@code max} places, all if it is negative. */
  static String replace(Run run, String s, String what, String with, long max) {
    StringBuilder out = new StringBuilder();
    int start = 0;
    for (long n = 0; max < 0 || n < max; n++) {
      int at;
      if (what.isEmpty()) {
        at =
            n == 0
                ? 0
                : start >= s.length() ? -1 : start + Character.charCount(s.codePointAt(start));
      } else {
        at = s.indexOf(what, start);
      }
      if (at < 0) {
        break;
      }
      out.append(s, start, at).append(with);
      start = at + what.length();
      run.step("replace()");
      run.characters(with.length(), "replace()");
    }
    return run.built(out.append(s, start, s.length()).toString(), "replace()");
  }

  /** How often {@code what} occurs between two indices of code points, without overlap. */
  static long count(Run run, String s, String what, int from, int to) {
    String part = part(run, s, from, to);
    if (part == null) {
      return 0;
    }
    if (what.isEmpty()) {
      return Values.length(run, part) + 1;
    }
    long n = 0;
    for (int at = part.indexOf(what); at >= 0; at = part.indexOf(what, at + what.length())) {
      run.step("count()");
      n++;
    }
    return n;
  }

  /** The part between two indices as Python's start and end; null if the start is behind the end. */
  static @Nullable String part(Run run, String s, int from, int to) {
    int n = (int) Values.length(run, s);
    int a = from < 0 ? Math.max(0, from + n) : from;
    int b = to < 0 ? Math.max(0, to + n) : Math.min(to, n);
    return a > b ? null : s.substring(s.offsetByCodePoints(0, a), s.offsetByCodePoints(0, b));
  }

  /** The index of a code point at which {@code what} begins, or -1. */
  static long find(Run run, String s, String what, int from, int to, boolean last) {
    String part = part(run, s, from, to);
    if (part == null) {
      return -1;
    }
    int at = last ? part.lastIndexOf(what) : part.indexOf(what);
    int n = (int) Values.length(run, s);
    return at < 0 ? -1 : (from < 0 ? Math.max(0, from + n) : from) + part.codePointCount(0, at);
  }

  static String capitalize(String s) {
    if (s.isEmpty()) {
      return s;
    }
    int n = Character.charCount(s.codePointAt(0));
    StringBuilder out = new StringBuilder(titleCase(s.codePointAt(0)));
    for (int i = n; i < s.length(); i += Character.charCount(s.codePointAt(i))) {
      out.append(lowerAt(s, i));
    }
    return out.toString();
  }

  private static String titleCase(int c) {
    String one = new String(Character.toChars(c));
    if (Character.toTitleCase(c) != c || Character.isTitleCase(c)) {
      return new String(Character.toChars(Character.toTitleCase(c)));
    }
    String upper = one.toUpperCase(Locale.ROOT);
    return upper.length() > one.length()
        ? upper.charAt(0) + upper.substring(1).toLowerCase(Locale.ROOT)
        : upper;
  }

  /** The character at an index in small: a capital sigma has two small ones, one for the end of a word. */
  private static String lowerAt(String s, int i) {
    int c = s.codePointAt(i);
    if (c != CAPITAL_SIGMA) {
      return new String(Character.toChars(c)).toLowerCase(Locale.ROOT);
    }
    boolean after = i > 0 && isCased(s.codePointBefore(i));
    boolean before = i + 1 < s.length() && isCased(s.codePointAt(i + 1));
    return after && !before ? "\u03C2" : "\u03C3";
  }

  static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  /** str.title(): each run of letters with case begins with a capital. */
  static String title(String s) {
    StringBuilder out = new StringBuilder();
    boolean inside = false;
    for (int i = 0; i < s.length(); ) {
      int c = s.codePointAt(i);
      int n = Character.charCount(c);
      out.append(inside ? lowerAt(s, i) : titleCase(c));
      inside = isCased(c);
      i += n;
    }
    return out.toString();
  }

  static String swapCase(String s) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < s.length(); ) {
      int c = s.codePointAt(i);
      int n = Character.charCount(c);
      String one = s.substring(i, i + n);
      out.append(Character.isUpperCase(c) ? lowerAt(s, i) : one.toUpperCase(Locale.ROOT));
      i += n;
    }
    return out.toString();
  }

  /** str.casefold(), a character at a time, so that no rule looks at neighbours. */
  static String caseFold(String s) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < s.length(); ) {
      int n = Character.charCount(s.codePointAt(i));
      String upper = s.substring(i, i + n).toUpperCase(Locale.ROOT);
      for (int k = 0; k < upper.length(); ) {
        int m = Character.charCount(upper.codePointAt(k));
        out.append(upper.substring(k, k + m).toLowerCase(Locale.ROOT));
        k += m;
      }
      i += n;
    }
    return out.toString();
  }

  /** Fills up to {@code width} code points; {@code where}: -1 puts the text left, 0 in the middle, 1 right. */
  static String justify(Run run, String s, int width, String fill, int where) {
    if (fill.codePointCount(0, fill.length()) != 1) {
      throw run.error("the fill character '" + fill + "' is not one character");
    }
    long missing = width - Values.length(run, s);
    if (missing <= 0) {
      return s;
    }
    long left = where < 0 ? 0 : where > 0 ? missing : missing / 2 + (missing & width & 1);
    return repeat(run, fill, left) + s + repeat(run, fill, missing - left);
  }
}
