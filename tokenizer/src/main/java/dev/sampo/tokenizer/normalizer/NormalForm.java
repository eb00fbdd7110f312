package dev.sampo.tokenizer.normalizer;

import dev.sampo.tokenizer.text.AlignedText;
import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.IntList;
import dev.sampo.tokenizer.text.UnicodeTables;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The four normal forms of Unicode Standard Annex 15, with the tables of the reference (java.text.Normalizer follows the
 * platform's) and its alignment: a composed character comes from the first of its parts.
 */
enum NormalForm implements Normalizer {
  NFC(false, true),
  NFD(false, false),
  NFKC(true, true),
  NFKD(true, false);

  private static final int S_BASE = 0xAC00;
  private static final int L_BASE = 0x1100;
  private static final int V_BASE = 0x1161;
  private static final int T_BASE = 0x11A7;
  private static final int V_COUNT = 21;
  private static final int T_COUNT = 28;
  private static final int S_COUNT = 19 * V_COUNT * T_COUNT;

  private final boolean compatible;
  private final boolean compose;

  NormalForm(boolean compatible, boolean compose) {
    this.compatible = compatible;
    this.compose = compose;
  }

  /** Tables, read when the first normal form is used. */
  private static final class Tables {
    static final Map<Integer, int[]> CANONICAL = read("decompose:NFD");
    static final Map<Integer, int[]> COMPATIBLE = read("decompose:NFKD");
    static final Map<Long, Integer> PAIRS = new HashMap<>();
    static final byte[] CLASSES = new byte[0x20000];
    static final CodePointSet CANONICAL_SET = keys(CANONICAL);
    static final CodePointSet COMPATIBLE_SET = keys(COMPATIBLE);

    /** Characters below this are their own canonical and composed form, and combine with nothing before them. */
    static final int FIRST_CANONICAL = 0xC0;

    /** What may join or move when text is composed: marks, second parts of pairs, and what decomposes for good. */
    static final CodePointSet NFC_CHECK;

    static final CodePointSet NFKC_CHECK;

    static {
      int[] ccc = UnicodeTables.map("ccc");
      IntList marks = new IntList();
      for (int i = 0; i < ccc.length; i += 3) {
        CLASSES[ccc[i]] = (byte) ccc[i + 2];
        marks.add(ccc[i]);
      }
      int[] pairs = UnicodeTables.map("compose");
      IntList seconds = new IntList();
      IntList composites = new IntList();
      for (int i = 0; i < pairs.length; i += 4) {
        PAIRS.put((long) pairs[i + 2] << 32 | pairs[i + 3], pairs[i]);
        seconds.add(pairs[i + 3]);
        composites.add(pairs[i]);
      }
      CodePointSet moving =
          CodePointSet.of(marks.toArray())
              .union(CodePointSet.of(seconds.toArray()))
              .union(
                  CodePointSet.ofRanges(
                      V_BASE, V_BASE + V_COUNT - 1, T_BASE, T_BASE + T_COUNT - 1));
      CodePointSet stable = CodePointSet.of(composites.toArray());
      NFC_CHECK = CANONICAL_SET.minus(stable).union(moving);
      NFKC_CHECK = COMPATIBLE_SET.minus(stable).union(moving);
    }

    private static Map<Integer, int[]> read(String name) {
      int[] map = UnicodeTables.map(name);
      Map<Integer, int[]> out = new HashMap<>();
      for (int i = 0; i < map.length; i += 2 + map[i + 1]) {
        out.put(map[i], Arrays.copyOfRange(map, i + 2, i + 2 + map[i + 1]));
      }
      return out;
    }

    private static CodePointSet keys(Map<Integer, int[]> map) {
      int[] keys = new int[map.size()];
      int n = 0;
      for (int key : map.keySet()) {
        keys[n++] = key;
      }
      return CodePointSet.of(keys).union(CodePointSet.ofRanges(S_BASE, S_BASE + S_COUNT - 1));
    }
  }

  static int combiningClass(int c) {
    return c < 0x300 || c >= Tables.CLASSES.length ? 0 : Tables.CLASSES[c] & 0xFF;
  }

  @Override
  public void normalize(AlignedText text) {
    if (isNormal(text)) {
      return;
    }
    IntList codes = new IntList(text.length() + 16);
    IntList changes = new IntList(text.length() + 16);
    decompose(text, codes, changes);
    if (compose) {
      compose(codes, changes);
    }
    text.transform(codes.array(), changes.array(), codes.size(), 0);
  }

  /** True only if the form changes nothing; false may be wrong. */
  private boolean isNormal(AlignedText text) {
    char[] chars = text.chars();
    int n = text.length();
    int limit = compatible ? 0xA0 : compose ? 0x300 : Tables.FIRST_CANONICAL;
    int i = 0;
    while (i < n && chars[i] < limit) {
      i++;
    }
    if (i == n) {
      return true;
    }
    CodePointSet check;
    if (compose) {
      check = compatible ? Tables.NFKC_CHECK : Tables.NFC_CHECK;
    } else {
      check = compatible ? Tables.COMPATIBLE_SET : Tables.CANONICAL_SET;
    }
    while (i < n) {
      int c = text.codePointAt(i);
      if (check.contains(c) || (!compose && combiningClass(c) != 0)) {
        return false;
      }
      i += Character.charCount(c);
    }
    return true;
  }

  private void decompose(AlignedText text, IntList codes, IntList changes) {
    Map<Integer, int[]> map = compatible ? Tables.COMPATIBLE : Tables.CANONICAL;
    CodePointSet set = compatible ? Tables.COMPATIBLE_SET : Tables.CANONICAL_SET;
    int segment = 0; // where the marks that may still be sorted begin
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      int before = codes.size();
      if (!set.contains(c)) {
        codes.add(c);
      } else if (c >= S_BASE && c < S_BASE + S_COUNT) {
        int s = c - S_BASE;
        codes.add(L_BASE + s / (V_COUNT * T_COUNT));
        codes.add(V_BASE + s % (V_COUNT * T_COUNT) / T_COUNT);
        if (s % T_COUNT != 0) {
          codes.add(T_BASE + s % T_COUNT);
        }
      } else {
        for (int d : map.getOrDefault(c, new int[] {c})) {
          codes.add(d);
        }
      }
      for (int k = before; k < codes.size(); k++) {
        changes.add(k == before ? 0 : 1);
        if (combiningClass(codes.get(k)) == 0) {
          sort(codes, changes, segment, k);
          segment = k + 1;
        }
      }
    }
    sort(codes, changes, segment, codes.size());
  }

  /** Sorts marks by class, keeping the order of equals; a code point takes its change along. */
  private static void sort(IntList codes, IntList changes, int from, int to) {
    for (int i = from + 1; i < to; i++) {
      int c = codes.get(i);
      int change = changes.get(i);
      int k = i;
      while (k > from && combiningClass(codes.get(k - 1)) > combiningClass(c)) {
        codes.set(k, codes.get(k - 1));
        changes.set(k, changes.get(k - 1));
        k--;
      }
      codes.set(k, c);
      changes.set(k, change);
    }
  }

  private static int pair(int a, int b) {
    if (a >= L_BASE && a < L_BASE + 19 && b >= V_BASE && b < V_BASE + V_COUNT) {
      return S_BASE + ((a - L_BASE) * V_COUNT + (b - V_BASE)) * T_COUNT;
    }
    if (a >= S_BASE
        && a < S_BASE + S_COUNT
        && (a - S_BASE) % T_COUNT == 0
        && b > T_BASE
        && b < T_BASE + T_COUNT) {
      return a + (b - T_BASE);
    }
    return Tables.PAIRS.getOrDefault((long) a << 32 | b, -1);
  }

  /** Composes in place: the starter takes in what it can of what follows it. */
  private static void compose(IntList codes, IntList changes) {
    int out = 0;
    int starter = -1;
    int lastClass =
        -1; // of the mark before, among those that stay after the starter; -1 if there is none
    for (int i = 0; i < codes.size(); i++) {
      int c = codes.get(i);
      int change = changes.get(i);
      int cls = combiningClass(c);
      if (starter >= 0 && (lastClass < 0 || lastClass < cls)) {
        int composed = pair(codes.get(starter), c);
        if (composed >= 0) {
          codes.set(starter, composed);
          changes.set(starter, changes.get(starter) + change - 1);
          continue;
        }
      }
      if (cls == 0) {
        starter = out;
        lastClass = -1;
      } else {
        lastClass = cls;
      }
      codes.set(out, c);
      changes.set(out, change);
      out++;
    }
    codes.truncate(out);
    changes.truncate(out);
  }
}
