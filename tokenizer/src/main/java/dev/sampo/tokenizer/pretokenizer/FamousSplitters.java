package dev.sampo.tokenizer.pretokenizer;

import static dev.sampo.tokenizer.pretokenizer.CharClasses.LETTER;
import static dev.sampo.tokenizer.pretokenizer.CharClasses.LOWER;
import static dev.sampo.tokenizer.pretokenizer.CharClasses.NEWLINE;
import static dev.sampo.tokenizer.pretokenizer.CharClasses.NUMBER;
import static dev.sampo.tokenizer.pretokenizer.CharClasses.SPACE;
import static dev.sampo.tokenizer.pretokenizer.CharClasses.UPPER;

import dev.sampo.tokenizer.text.Splits;
import org.jspecify.annotations.Nullable;

/**
 * The patterns of the famous byte-level tokenizers, written by hand: each walks the text once and gives exactly the pieces
 * of its regular expression (a property test holds them against {@link dev.sampo.tokenizer.regex.Regex}). All of them
 * match every character, so that a split at their matches leaves nothing between.
 */
final class FamousSplitters {
  static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  static final String CL100K =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  static final String QWEN2 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  static final String CL100K_POSSESSIVE =
      "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";
  private static final String O200K_WORDS =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+";
  static final String O200K = O200K_WORDS + "[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  static final String O200K_NO_SLASH = O200K_WORDS + "[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final byte[] BASIC = CharClasses.basic();

  private FamousSplitters() {}

  /** The splitter that equals {@code pattern}, or null. */
  static Splits.@Nullable Cutter find(String pattern) {
    switch (pattern) {
      case GPT2:
        return FamousSplitters::gpt2;
      case CL100K:
      case CL100K_POSSESSIVE:
        return (text, from, to, out) -> cl100k(text, from, to, out, 3);
      case QWEN2:
        return (text, from, to, out) -> cl100k(text, from, to, out, 1);
      case O200K:
        return (text, from, to, out) -> o200k(text, from, to, out, true);
      case O200K_NO_SLASH:
        return (text, from, to, out) -> o200k(text, from, to, out, false);
      default:
        return null;
    }
  }

  private static int flags(char[] text, int i, int to) {
    char c = text[i];
    return Character.isHighSurrogate(c) && i + 1 < to
        ? CharClasses.of(Character.codePointAt(text, i, to))
        : BASIC[c];
  }

  private static int width(char[] text, int i, int to) {
    return Character.isHighSurrogate(text[i]) && i + 1 < to && Character.isLowSurrogate(text[i + 1])
        ? 2
        : 1;
  }

  /** The end of the run, from {@code i}, of characters with any of {@code wanted}. */
  private static int run(char[] text, int start, int to, int wanted) {
    int i = start;
    while (i < to) {
      char c = text[i];
      if (!Character.isHighSurrogate(c)) {
        if ((BASIC[c] & wanted) == 0) {
          break;
        }
        i++;
      } else {
        if ((flags(text, i, to) & wanted) == 0) {
          break;
        }
        i += width(text, i, to);
      }
    }
    return i;
  }

  /** The end of the run of {@code [^\s\p{L}\p{N}]}. */
  private static int others(char[] text, int start, int to) {
    int i = start;
    while (i < to && (flags(text, i, to) & (SPACE | LETTER | NUMBER)) == 0) {
      i += width(text, i, to);
    }
    return i;
  }

  /** {@code \s+(?!\S)|\s+} at a space; all characters of \s have one unit. */
  private static int spaces(char[] text, int i, int to) {
    int e = run(text, i, to, SPACE);
    return e == to || e == i + 1 ? e : e - 1;
  }

  /** {@code 's|'t|'re|'ve|'m|'ll|'d} at an apostrophe: its length, or 0. */
  private static int contraction(char[] text, int i, int to) {
    if (i + 1 >= to) {
      return 0;
    }
    char a = text[i + 1];
    if (a == 's' || a == 't' || a == 'm' || a == 'd') {
      return 2;
    }
    if (i + 2 < to) {
      char b = text[i + 2];
      if ((b == 'e' && (a == 'r' || a == 'v')) || (a == 'l' && b == 'l')) {
        return 3;
      }
    }
    return 0;
  }

  /** The same with case ignored; a long s (U+017F) is an s. */
  private static int contractionAnyCase(char[] text, int i, int to) {
    if (i + 1 >= to) {
      return 0;
    }
    int a = text[i + 1] | 0x20;
    if (text[i + 1] < 128 ? a == 's' || a == 't' || a == 'm' || a == 'd' : text[i + 1] == 0x17F) {
      return 2;
    }
    if (i + 2 < to && text[i + 1] < 128 && text[i + 2] < 128) {
      int b = text[i + 2] | 0x20;
      if ((b == 'e' && (a == 'r' || a == 'v')) || (a == 'l' && b == 'l')) {
        return 3;
      }
    }
    return 0;
  }

  private static void gpt2(char[] text, int from, int to, Splits out) {
    int i = from;
    while (i < to) {
      int e = gpt2End(text, i, to);
      out.piece(i, e);
      i = e;
    }
  }

  private static int gpt2End(char[] text, int i, int to) {
    char c = text[i];
    if (c == '\'') {
      int n = contraction(text, i, to);
      if (n > 0) {
        return i + n;
      }
    }
    int p = c == ' ' && i + 1 < to ? i + 1 : i;
    int f = flags(text, p, to);
    if ((f & LETTER) != 0) {
      return run(text, p, to, LETTER);
    }
    if ((f & NUMBER) != 0) {
      return run(text, p, to, NUMBER);
    }
    if ((f & SPACE) == 0) {
      return others(text, p, to);
    }
    return spaces(text, i, to);
  }

  private static void cl100k(char[] text, int from, int to, Splits out, int digits) {
    int i = from;
    while (i < to) {
      int e = cl100kEnd(text, i, to, digits);
      out.piece(i, e);
      i = e;
    }
  }

  private static int cl100kEnd(char[] text, int i, int to, int digits) {
    char c = text[i];
    if (c == '\'') {
      int n = contractionAnyCase(text, i, to);
      if (n > 0) {
        return i + n;
      }
    }
    int f = flags(text, i, to);
    if ((f & LETTER) != 0) {
      return run(text, i, to, LETTER);
    }
    if ((f & NUMBER) != 0) {
      return number(text, i, to, digits);
    }
    int w = width(text, i, to);
    if ((f & NEWLINE) == 0 && i + w < to && (flags(text, i + w, to) & LETTER) != 0) {
      return run(text, i + w, to, LETTER);
    }
    return symbolsOrSpaces(text, i, to, f, false);
  }

  /** {@code \p{N}{1,digits}}. */
  private static int number(char[] text, int i, int to, int digits) {
    int e = i;
    for (int n = 0; n < digits && e < to && (flags(text, e, to) & NUMBER) != 0; n++) {
      e += width(text, e, to);
    }
    return e;
  }

  /** {@code  ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}, with a slash after the newlines if asked for. */
  private static int symbolsOrSpaces(char[] text, int i, int to, int f, boolean slash) {
    int p = text[i] == ' ' && i + 1 < to ? i + 1 : i;
    int g = p == i ? f : flags(text, p, to);
    if ((g & (SPACE | LETTER | NUMBER)) == 0) {
      int e = others(text, p, to);
      while (e < to && (text[e] == '\r' || text[e] == '\n' || (slash && text[e] == '/'))) {
        e++;
      }
      return e;
    }
    int e = run(text, i, to, SPACE);
    for (int k = e - 1; k >= i; k--) {
      if (text[k] == '\n' || text[k] == '\r') {
        return k + 1;
      }
    }
    return e == to || e == i + 1 ? e : e - 1;
  }

  private static void o200k(char[] text, int from, int to, Splits out, boolean slash) {
    int i = from;
    while (i < to) {
      int e = o200kEnd(text, i, to, slash);
      out.piece(i, e);
      i = e;
    }
  }

  private static int o200kEnd(char[] text, int i, int to, boolean slash) {
    int f = flags(text, i, to);
    boolean prefix = (f & (LETTER | NUMBER | NEWLINE)) == 0;
    int p = i + width(text, i, to);
    int e = -1;
    if (prefix) {
      e = capitalsThenSmall(text, p, to);
    }
    if (e < 0) {
      e = capitalsThenSmall(text, i, to);
    }
    if (e < 0 && prefix) {
      int u = run(text, p, to, UPPER);
      e = u > p ? u : -1;
    }
    if (e < 0) {
      int u = run(text, i, to, UPPER);
      e = u > i ? u : -1;
    }
    if (e >= 0) {
      return e < to && text[e] == '\'' ? e + contractionAnyCase(text, e, to) : e;
    }
    if ((f & NUMBER) != 0) {
      return number(text, i, to, 3);
    }
    return symbolsOrSpaces(text, i, to, f, slash);
  }

  /**
   * {@code [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+} at {@code i}: its end, or -1. If no small letter
   * follows the capitals, the last of them that is in both classes has to do.
   */
  private static int capitalsThenSmall(char[] text, int i, int to) {
    int e = i;
    int lastOfBoth = -1;
    while (e < to) {
      int f = flags(text, e, to);
      if ((f & UPPER) == 0) {
        break;
      }
      e += width(text, e, to);
      if ((f & LOWER) != 0) {
        lastOfBoth = e;
      }
    }
    if (e < to && (flags(text, e, to) & LOWER) != 0) {
      return run(text, e, to, LOWER);
    }
    return lastOfBoth;
  }
}
