package dev.sampo.tokenizer.regex;

import dev.sampo.tokenizer.TokenizerException;
import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.IntList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression in Oniguruma's Ruby syntax with the reference's Unicode tables: the same on every JVM and on
 * Android, whose own engines differ from it and from each other. Immutable and thread-safe.
 *
 * <p>Not supported (an error when compiling): subexpression calls, absent operators, conditionals, look-behind without a
 * greatest length.
 */
public final class Regex {
  private static final int MAX_PATTERN = 100_000;

  private final String pattern;
  final int[] code;
  final CodePointSet[] sets;
  final List<int[]> groupLists;
  final int registers;
  private final @Nullable CodePointSet first;

  private Regex(String pattern) {
    this.pattern = pattern;
    Parser parser = new Parser(pattern);
    Node root = parser.parse();
    Compiler compiler = new Compiler(root, parser.groupCount());
    code = compiler.code.toArray();
    sets = compiler.sets.toArray(new CodePointSet[0]);
    groupLists = compiler.groupLists;
    registers = compiler.registers;
    first = Compiler.first(root);
  }

  /**
   * Compiles {@code pattern}.
   *
   * @throws TokenizerException if it is not valid, or not supported; the message names the place
   */
  public static Regex compile(String pattern) {
    if (pattern.length() > MAX_PATTERN) {
      throw new TokenizerException(
          "Regex of " + pattern.length() + " characters; at most " + MAX_PATTERN + " are read");
    }
    return new Regex(pattern);
  }

  /** A regex that matches exactly {@code text}. */
  public static Regex literal(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 128 && !Character.isLetterOrDigit(c) && c > ' ') {
        out.append('\\');
      }
      out.append(c);
    }
    return compile(out.toString());
  }

  /** The pattern as it was given. */
  public String pattern() {
    return pattern;
  }

  /**
   * All matches in {@code text} from {@code low} to {@code high}, which the pattern sees as the whole text: pairs of start
   * and end. An empty match right after a match is left out.
   *
   * @throws TokenizerException if the pattern needs more steps than any sane one does
   */
  public void findAll(char[] text, int low, int high, IntList matches) {
    Matcher matcher = new Matcher(this, text, low, high);
    int at = low;
    int lastEnd = -1;
    while (at <= high) {
      if (!matcher.find(at, first)) {
        return;
      }
      int s = matcher.start();
      int e = matcher.end();
      if (s == e && e == lastEnd) {
        if (at >= high) {
          return;
        }
        at += Character.charCount(Character.codePointAt(text, at, high));
        continue;
      }
      at = e;
      lastEnd = e;
      matches.add(s);
      matches.add(e);
    }
  }

  @Override
  public String toString() {
    return pattern;
  }
}
