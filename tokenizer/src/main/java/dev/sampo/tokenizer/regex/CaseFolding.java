package dev.sampo.tokenizer.regex;

import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.UnicodeTables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Case folding of Unicode, with the foldings to several characters ("ss" for a sharp s). */
final class CaseFolding {
  private static final Map<Integer, int[]> FOLDS = new HashMap<>();
  private static final Map<Integer, List<Integer>> SOURCES = new HashMap<>();

  /** Folded string to the characters that fold to it. */
  private static final Map<String, List<Integer>> LONG_SOURCES = new HashMap<>();

  static {
    int[] map = UnicodeTables.map("casefold");
    for (int i = 0; i < map.length; ) {
      int c = map[i];
      int n = map[i + 1];
      int[] to = Arrays.copyOfRange(map, i + 2, i + 2 + n);
      FOLDS.put(c, to);
      if (n == 1) {
        SOURCES.computeIfAbsent(to[0], k -> new ArrayList<>()).add(c);
      } else {
        LONG_SOURCES.computeIfAbsent(new String(to, 0, n), k -> new ArrayList<>()).add(c);
      }
      i += 2 + n;
    }
  }

  private CaseFolding() {}

  /** The folded form of {@code c} if it is one code point, else {@code c}. */
  static int simple(int c) {
    int[] to = FOLDS.get(c);
    return to != null && to.length == 1 ? to[0] : c;
  }

  /** The folded form of {@code c} if it has several code points, else an empty array. */
  static int[] expansion(int c) {
    int[] to = FOLDS.get(c);
    return to != null && to.length > 1 ? to : new int[0];
  }

  /** All characters with the same simple folding, {@code c} included. */
  static CodePointSet equivalents(int c) {
    int base = simple(c);
    List<Integer> all = new ArrayList<>();
    all.add(base);
    all.add(c);
    all.addAll(SOURCES.getOrDefault(base, List.of()));
    int[] codes = new int[all.size()];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = all.get(i);
    }
    CodePointSet set = CodePointSet.of(codes);
    int[] expansion = expansion(c);
    if (expansion.length > 0) {
      set = set.union(withExpansion(new String(expansion, 0, expansion.length)));
    }
    return set;
  }

  /** All characters that fold to this string of several characters. */
  static CodePointSet withExpansion(String folded) {
    List<Integer> all = LONG_SOURCES.getOrDefault(folded, List.of());
    int[] codes = new int[all.size()];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = all.get(i);
    }
    return CodePointSet.of(codes);
  }

  /** {@code set} and everything that equals one of its characters when case is ignored. */
  static CodePointSet close(CodePointSet set) {
    List<Integer> more = new ArrayList<>();
    for (Map.Entry<Integer, int[]> e : FOLDS.entrySet()) {
      if (e.getValue().length != 1) {
        continue;
      }
      int c = e.getKey();
      int base = e.getValue()[0];
      boolean hit = set.contains(c) || set.contains(base);
      for (int other : SOURCES.getOrDefault(base, List.of())) {
        hit |= set.contains(other);
      }
      if (hit) {
        more.add(c);
        more.add(base);
      }
    }
    int[] codes = new int[more.size()];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = more.get(i);
    }
    return set.union(CodePointSet.of(codes));
  }
}
