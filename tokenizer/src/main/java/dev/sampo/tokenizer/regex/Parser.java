package dev.sampo.tokenizer.regex;

import dev.sampo.tokenizer.TokenizerException;
import dev.sampo.tokenizer.text.CodePointSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads Oniguruma's Ruby syntax: {@code ^ $} are per line, {@code (?m)} means dot-all, {@code \h} is a hex digit,
 * {@code x{n,m}+} is a repeated repeat and not a possessive one, character classes nest and intersect.
 */
final class Parser {
  private static final int MAX_DEPTH = 200;
  private static final int MAX_REPEAT = 100_000;
  static final CodePointSet ALL = CodePointSet.ofRanges(0, 0x10FFFF);
  static final CodePointSet NOT_NEWLINE = CodePointSet.of('\n').complement();

  private final String pattern;
  private int at;
  private int depth;

  /** Repeats of repeats in the whole pattern: each is a level of the tree, wherever it stands. */
  private int stacked;

  private int groups;
  private final Map<String, List<Integer>> names = new HashMap<>();
  private final boolean hasNames;

  private boolean ignoreCase;
  private boolean dotAll;
  private boolean extended;

  Parser(String pattern) {
    this.pattern = pattern;
    hasNames = pattern.contains("(?<") && pattern.matches("(?s).*\\(\\?<[^=!].*");
  }

  int groupCount() {
    return groups;
  }

  Node parse() {
    Node node = choice();
    if (at < pattern.length()) {
      throw error("unmatched ')'");
    }
    return node;
  }

  private TokenizerException error(String what) {
    String shown = pattern.length() > 80 ? pattern.substring(0, 80) + "..." : pattern;
    return new TokenizerException("Regex '" + shown + "': " + what + " at index " + at);
  }

  private boolean more() {
    return at < pattern.length();
  }

  private int peek() {
    return pattern.codePointAt(at);
  }

  private int next() {
    if (!more()) {
      throw error("the pattern ends too early");
    }
    int c = pattern.codePointAt(at);
    at += Character.charCount(c);
    return c;
  }

  private boolean take(String what) {
    if (pattern.startsWith(what, at)) {
      at += what.length();
      return true;
    }
    return false;
  }

  private void enter() {
    if (++depth > MAX_DEPTH) {
      throw error("nested more than " + MAX_DEPTH + " deep");
    }
  }

  private Node choice() {
    enter();
    boolean i = ignoreCase;
    boolean m = dotAll;
    boolean x = extended;
    List<Node> options = new ArrayList<>();
    options.add(sequence());
    while (more() && peek() == '|') {
      at++;
      options.add(sequence());
    }
    ignoreCase = i;
    dotAll = m;
    extended = x;
    depth--;
    return options.size() == 1 ? options.get(0) : new Node.Choice(options);
  }

  private Node sequence() {
    List<Node> parts = new ArrayList<>();
    while (more() && peek() != '|' && peek() != ')') {
      if (extended && (Character.isWhitespace(peek()) || peek() == '#')) {
        skipExtended();
        continue;
      }
      if (take("(?#")) {
        while (next() != ')') {
          // a comment
        }
        continue;
      }
      int optionsEnd = optionSetting();
      if (optionsEnd >= 0) {
        // (?i) without a colon: to the end of the group, alternatives included
        enter();
        List<Node> options = new ArrayList<>();
        options.add(sequence());
        while (more() && peek() == '|') {
          at++;
          options.add(sequence());
        }
        depth--;
        parts.add(options.size() == 1 ? options.get(0) : new Node.Choice(options));
        continue;
      }
      parts.add(repeats(atom()));
    }
    return Folds.expand(parts);
  }

  private void skipExtended() {
    if (next() == '#') {
      while (more() && next() != '\n') {
        // a comment
      }
    }
  }

  /** Takes {@code (?imx-imx)} and sets the options; returns -1 if it is not there. */
  private int optionSetting() {
    if (!pattern.startsWith("(?", at)) {
      return -1;
    }
    int i = at + 2;
    boolean on = true;
    boolean any = false;
    boolean ic = ignoreCase;
    boolean da = dotAll;
    boolean ex = extended;
    for (; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '-' && on) {
        on = false;
      } else if (c == 'i') {
        ic = on;
      } else if (c == 'm') {
        da = on;
      } else if (c == 'x') {
        ex = on;
      } else {
        break;
      }
      any = true;
    }
    if (!any || i >= pattern.length() || pattern.charAt(i) != ')') {
      return -1;
    }
    at = i + 1;
    ignoreCase = ic;
    dotAll = da;
    extended = ex;
    return at;
  }

  private Node repeats(Node atom) {
    Node node = atom;
    while (more()) {
      if (extended && (Character.isWhitespace(peek()) || peek() == '#')) {
        skipExtended();
        continue;
      }
      int save = at;
      int c = next();
      int min;
      int max;
      boolean interval = false;
      if (c == '*') {
        min = 0;
        max = Node.UNBOUNDED;
      } else if (c == '+') {
        min = 1;
        max = Node.UNBOUNDED;
      } else if (c == '?') {
        min = 0;
        max = 1;
      } else if (c == '{') {
        int[] bounds = interval();
        if (bounds == null) {
          at = save;
          return node;
        }
        min = bounds[0];
        max = bounds[1];
        interval = true;
      } else {
        at = save;
        return node;
      }
      if (node instanceof Node.Assert) {
        // Ruby allows it; the test is just made again
        node = new Node.Sequence(List.of(node));
      }
      Node.Mode mode = Node.Mode.GREEDY;
      if (take("?")) {
        if (interval && min == max) {
          node = new Node.Repeat(node, min, max, Node.Mode.GREEDY);
          min = 0;
          max = 1;
        } else {
          mode = Node.Mode.LAZY;
        }
      } else if (!interval && take("+")) {
        mode = Node.Mode.POSSESSIVE;
      }
      if (node instanceof Node.Repeat && ++stacked > MAX_DEPTH) {
        throw error("more than " + MAX_DEPTH + " repeats of repeats");
      }
      node = new Node.Repeat(node, min, max, mode);
    }
    return node;
  }

  private int @Nullable [] interval() {
    int close = pattern.indexOf('}', at);
    if (close < 0) {
      return null;
    }
    String body = pattern.substring(at, close);
    int comma = body.indexOf(',');
    String low = comma < 0 ? body : body.substring(0, comma);
    String high = comma < 0 ? body : body.substring(comma + 1);
    if (!digits(low) || !digits(high) || (low.isEmpty() && high.isEmpty())) {
      return null;
    }
    int min = low.isEmpty() ? 0 : number(low);
    int max = high.isEmpty() ? Node.UNBOUNDED : number(high);
    if (min > max) {
      int t =
          min; // Ruby: {n,m} with n > m is the possessive form of {m,n}; rare enough to be a plain
      // swap
      min = max;
      max = t;
    }
    at = close + 1;
    return new int[] {min, max};
  }

  private static boolean digits(String s) {
    for (int i = 0; i < s.length(); i++) {
      if (s.charAt(i) < '0' || s.charAt(i) > '9') {
        return false;
      }
    }
    return s.length() < 10;
  }

  private int number(String s) {
    int n = Integer.parseInt(s);
    if (n > MAX_REPEAT) {
      throw error("a repeat of " + n + ", more than " + MAX_REPEAT + ",");
    }
    return n;
  }

  private Node atom() {
    int c = next();
    switch (c) {
      case '(':
        return group();
      case '[':
        CodePointSet set = characterClass();
        return new Node.Chars(ignoreCase ? CaseFolding.close(set) : set, -1, false);
      case '.':
        return new Node.Chars(dotAll ? ALL : NOT_NEWLINE, -1, false);
      case '^':
        return new Node.Assert(Node.Assertion.LINE_START);
      case '$':
        return new Node.Assert(Node.Assertion.LINE_END);
      case '\\':
        return escape();
      case '*':
      case '+':
      case '?':
        at--;
        throw error("nothing to repeat");
      default:
        return literal(c);
    }
  }

  private Node literal(int c) {
    return ignoreCase
        ? new Node.Chars(CaseFolding.equivalents(c), c, true)
        : new Node.Chars(CodePointSet.of(c), c, false);
  }

  private Node group() {
    if (!take("?")) {
      if (hasNames) {
        return close(choice()); // plain groups do not count beside named ones
      }
      int number = ++groups;
      return new Node.Capture(number, close(choice()));
    }
    if (take(":")) {
      return close(choice());
    }
    if (take("=")) {
      return new Node.Look(close(choice()), false, false);
    }
    if (take("!")) {
      return new Node.Look(close(choice()), false, true);
    }
    if (take(">")) {
      return new Node.Atomic(close(choice()));
    }
    if (take("<=")) {
      return new Node.Look(close(choice()), true, false);
    }
    if (take("<!")) {
      return new Node.Look(close(choice()), true, true);
    }
    if (take("<") || take("'")) {
      char end = pattern.charAt(at - 1) == '<' ? '>' : '\'';
      int stop = pattern.indexOf(end, at);
      if (stop < 0) {
        throw error("a group name without end");
      }
      int number = ++groups;
      names.computeIfAbsent(pattern.substring(at, stop), k -> new ArrayList<>()).add(number);
      at = stop + 1;
      return new Node.Capture(number, close(choice()));
    }
    boolean on = true;
    boolean i = ignoreCase;
    boolean m = dotAll;
    boolean x = extended;
    while (true) {
      int c = next();
      if (c == ':') {
        break;
      } else if (c == '-') {
        on = false;
      } else if (c == 'i') {
        ignoreCase = on;
      } else if (c == 'm') {
        dotAll = on;
      } else if (c == 'x') {
        extended = on;
      } else {
        at -= Character.charCount(c);
        throw error("unknown group option '" + new String(Character.toChars(c)) + "'");
      }
    }
    Node body = close(choice());
    ignoreCase = i;
    dotAll = m;
    extended = x;
    return body;
  }

  private Node close(Node body) {
    if (!take(")")) {
      throw error("missing ')'");
    }
    return body;
  }

  private Node escape() {
    int c = next();
    switch (c) {
      case 'A':
        return new Node.Assert(Node.Assertion.TEXT_START);
      case 'z':
        return new Node.Assert(Node.Assertion.TEXT_END);
      case 'Z':
        return new Node.Assert(Node.Assertion.TEXT_END_OR_NEWLINE);
      case 'b':
        return new Node.Assert(Node.Assertion.WORD_BOUNDARY);
      case 'B':
        return new Node.Assert(Node.Assertion.NOT_WORD_BOUNDARY);
      case 'G':
        return new Node.Assert(Node.Assertion.SEARCH_START);
      case 'K':
        return new Node.Assert(Node.Assertion.KEEP);
      case 'X':
        return new Node.Cluster();
      case 'N':
        return new Node.Chars(NOT_NEWLINE, -1, false);
      case 'O':
        return new Node.Chars(ALL, -1, false);
      case 'R':
        return new Node.Atomic(
            new Node.Choice(
                List.of(
                    new Node.Sequence(List.of(plain('\r'), plain('\n'))),
                    new Node.Chars(
                        CodePointSet.ofRanges(0x0A, 0x0D, 0x85, 0x85, 0x2028, 0x2029),
                        -1,
                        false))));
      case 'k':
        return namedReference();
      case 'g':
        throw error("subexpression calls are not supported");
      default:
        break;
    }
    CodePointSet set = classEscape(c);
    if (set != null) {
      return new Node.Chars(ignoreCase ? CaseFolding.close(set) : set, -1, false);
    }
    if (c >= '1' && c <= '9') {
      int save = at;
      int n = c - '0';
      while (more() && peek() >= '0' && peek() <= '9' && n < 1000) {
        n = n * 10 + (next() - '0');
      }
      if (n <= 9 || n <= groups) {
        return new Node.BackReference(new int[] {n}, ignoreCase);
      }
      at = save;
    }
    return literal(escapedChar(c));
  }

  private static Node plain(int c) {
    return new Node.Chars(CodePointSet.of(c), c, false);
  }

  private Node namedReference() {
    int open = next();
    int end = open == '<' ? '>' : open == '\'' ? '\'' : -1;
    int stop = end < 0 ? -1 : pattern.indexOf(end, at);
    if (stop < 0) {
      throw error("a bad \\k reference");
    }
    String name = pattern.substring(at, stop);
    at = stop + 1;
    List<Integer> known = names.get(name);
    if (known == null) {
      if (!name.isEmpty() && digits(name)) {
        return new Node.BackReference(new int[] {Integer.parseInt(name)}, ignoreCase);
      }
      throw error("an unknown group name '" + name + "'");
    }
    int[] numbers = new int[known.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = known.get(i);
    }
    return new Node.BackReference(numbers, ignoreCase);
  }

  /** The set of {@code \d \w \s \h \p{..}} and their opposites, or null for any other escape. */
  private @Nullable CodePointSet classEscape(int c) {
    switch (c) {
      case 'd':
        return Properties.digit();
      case 'D':
        return Properties.digit().complement();
      case 'w':
        return Properties.word();
      case 'W':
        return Properties.word().complement();
      case 's':
        return Properties.space();
      case 'S':
        return Properties.space().complement();
      case 'h':
        return CodePointSet.ofRanges('0', '9', 'a', 'f', 'A', 'F');
      case 'H':
        return CodePointSet.ofRanges('0', '9', 'a', 'f', 'A', 'F').complement();
      case 'p':
      case 'P':
        return more() && peek() == '{' ? property(c == 'P') : null;
      default:
        return null;
    }
  }

  private CodePointSet property(boolean negated) {
    int stop = pattern.indexOf('}', at);
    if (stop < 0) {
      throw error("a property name without '}'");
    }
    String name = pattern.substring(at + 1, stop);
    boolean not = negated;
    if (name.startsWith("^")) {
      not = !not;
      name = name.substring(1);
    }
    CodePointSet set = Properties.find(name);
    if (set == null) {
      throw error("unknown property '" + name + "'");
    }
    at = stop + 1;
    return not ? set.complement() : set;
  }

  /** The character of a simple escape: control characters, numbers, or the character itself. */
  private int escapedChar(int c) {
    switch (c) {
      case 't':
        return '\t';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 'f':
        return '\f';
      case 'v':
        return 0x0B;
      case 'a':
        return 7;
      case 'e':
        return 0x1B;
      case 'x':
        if (take("{")) {
          int stop = pattern.indexOf('}', at);
          if (stop < 0) {
            throw error("a \\x{ without '}'");
          }
          int value = hex(pattern.substring(at, stop));
          at = stop + 1;
          return value;
        }
        return hexDigits(2);
      case 'u':
        return hexDigits(4);
      case 'c':
        return next() & 0x1F;
      case '0':
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
      case '7':
        int value = c - '0';
        for (int i = 0; i < 2 && more() && peek() >= '0' && peek() <= '7'; i++) {
          value = value * 8 + (next() - '0');
        }
        return value;
      default:
        return c;
    }
  }

  private int hexDigits(int most) {
    int from = at;
    while (more() && at - from < most && Character.digit(pattern.charAt(at), 16) >= 0) {
      at++;
    }
    return from == at ? 0 : hex(pattern.substring(from, at));
  }

  private int hex(String digits) {
    try {
      int value = Integer.parseInt(digits.trim(), 16);
      if (value < 0 || value > 0x10FFFF) {
        throw error("a code point out of range");
      }
      return value;
    } catch (NumberFormatException e) {
      throw error("bad hexadecimal digits");
    }
  }

  private CodePointSet characterClass() {
    enter();
    boolean not = take("^");
    CodePointSet done = null;
    CodePointSet set = CodePointSet.EMPTY;
    boolean first = true;
    while (true) {
      if (!more()) {
        throw error("missing ']'");
      }
      if (peek() == ']' && !(first && pattern.indexOf(']', at + 1) >= 0)) {
        at++;
        break;
      }
      if (take("&&")) {
        done = done == null ? set : done.intersection(set);
        set = CodePointSet.EMPTY;
        first = false;
        continue;
      }
      if (pattern.startsWith("[:", at)) {
        CodePointSet posix = posix();
        if (posix != null) {
          set = set.union(posix);
          first = false;
          continue;
        }
      }
      int c = next();
      first = false;
      if (c == '[') {
        set = set.union(characterClass());
        continue;
      }
      if (c == '\\') {
        int e = next();
        CodePointSet escaped = classEscape(e);
        if (escaped != null) {
          set = set.union(escaped);
          continue;
        }
        c = e == 'b' ? 8 : e == 'R' || e == 'X' ? e : escapedChar(e);
      }
      int last = rangeEnd(c);
      set = set.union(CodePointSet.ofRanges(c, last));
    }
    depth--;
    if (done != null) {
      set = done.intersection(set);
    }
    if (not) {
      // with case ignored, what is left out is left out in every case
      set = (ignoreCase ? CaseFolding.close(set) : set).complement();
    }
    return set;
  }

  private int rangeEnd(int first) {
    if (!more() || peek() != '-') {
      return first;
    }
    int save = at;
    at++;
    if (!more() || peek() == ']' || peek() == '[' || pattern.startsWith("&&", at)) {
      at = save;
      return first;
    }
    int last = next();
    if (last == '\\') {
      int e = next();
      int inside = at;
      if (classEscape(e) != null) {
        at = save;
        return first;
      }
      at = inside;
      last = e == 'b' ? 8 : escapedChar(e);
    }
    if (last < first) {
      throw error("an empty range in a character class");
    }
    return last;
  }

  private @Nullable CodePointSet posix() {
    int stop = pattern.indexOf(":]", at);
    if (stop < 0 || stop - at > 20) {
      return null;
    }
    String name = pattern.substring(at + 2, stop);
    boolean not = name.startsWith("^");
    CodePointSet set = Properties.posix(not ? name.substring(1) : name);
    if (set == null) {
      return null;
    }
    at = stop + 2;
    return not ? set.complement() : set;
  }
}
