package dev.sampo.tokenizer.text;

/** Extended grapheme clusters, Unicode Standard Annex 29. */
public final class Graphemes {
  private static final int OTHER = 0;
  private static final int CR = 1;
  private static final int LF = 2;
  private static final int CONTROL = 3;
  private static final int EXTEND = 4;
  private static final int ZWJ = 5;
  private static final int REGIONAL = 6;
  private static final int PREPEND = 7;
  private static final int SPACING = 8;
  private static final int L = 9;
  private static final int V = 10;
  private static final int T = 11;
  private static final int LV = 12;
  private static final int LVT = 13;

  private static final String[] NAMES = {
    "CR",
    "LF",
    "Control",
    "Extend",
    "ZWJ",
    "Regional_Indicator",
    "Prepend",
    "SpacingMark",
    "L",
    "V",
    "T",
    "LV",
    "LVT"
  };
  private static final CodePointSet[] SETS = new CodePointSet[NAMES.length];
  private static final CodePointSet PICTOGRAPHIC = UnicodeTables.set("gcb:ExtPict");
  private static final CodePointSet CONSONANTS =
      CodePointSet.ofRanges(
          0x915, 0x939, 0x958, 0x95F, 0x978, 0x97F, 0x995, 0x9A8, 0x9AA, 0x9B0, 0x9B2, 0x9B2, 0x9B6,
          0x9B9, 0x9DC, 0x9DD, 0x9DF, 0x9DF, 0x9F0, 0x9F1, 0xA95, 0xAA8, 0xAAA, 0xAB0, 0xAB2, 0xAB3,
          0xAB5, 0xAB9, 0xAF9, 0xAF9, 0xB15, 0xB28, 0xB2A, 0xB30, 0xB32, 0xB33, 0xB35, 0xB39, 0xB5C,
          0xB5D, 0xB5F, 0xB5F, 0xB71, 0xB71, 0xC15, 0xC28, 0xC2A, 0xC39, 0xC58, 0xC5A, 0xD15,
          0xD3A);
  private static final CodePointSet LINKERS =
      CodePointSet.of(0x94D, 0x9CD, 0xACD, 0xB4D, 0xC4D, 0xD4D);

  static {
    for (int i = 0; i < NAMES.length; i++) {
      SETS[i] = UnicodeTables.set("gcb:" + NAMES[i]);
    }
  }

  private Graphemes() {}

  private static int kind(int c) {
    if (c >= 0x20 && c < 0x7F) {
      return OTHER;
    }
    for (int i = 0; i < SETS.length; i++) {
      if (SETS[i].contains(c)) {
        return i + 1;
      }
    }
    return OTHER;
  }

  /**
   * Where the cluster that begins at {@code at} ends.
   *
   * @param conjuncts whether Indic conjuncts stay together (rule GB9c), which Oniguruma does not do
   */
  public static int next(char[] text, int at, int end, boolean conjuncts) {
    int c = Character.codePointAt(text, at, end);
    int i = at + Character.charCount(c);
    int left = kind(c);
    boolean pictographic = PICTOGRAPHIC.contains(c); // and then only Extend, up to here
    boolean zwjAfterPictographic = false;
    boolean consonant =
        conjuncts && CONSONANTS.contains(c); // and then only Extend or linkers, up to here
    boolean linked = false;
    int regionals = left == REGIONAL ? 1 : 0;
    while (i < end) {
      int d = Character.codePointAt(text, i, end);
      int right = kind(d);
      boolean join = joins(left, right);
      join |= zwjAfterPictographic && PICTOGRAPHIC.contains(d);
      join |= consonant && linked && CONSONANTS.contains(d);
      if (left == REGIONAL && right == REGIONAL && regionals % 2 == 1) {
        join = true;
        regionals++;
      }
      if (!join) {
        break;
      }
      zwjAfterPictographic = pictographic && right == ZWJ;
      pictographic = PICTOGRAPHIC.contains(d) || (pictographic && right == EXTEND);
      if (conjuncts && CONSONANTS.contains(d)) {
        consonant = true;
        linked = false;
      } else if (consonant && (right == EXTEND || right == ZWJ)) {
        linked |= LINKERS.contains(d);
      } else {
        consonant = false;
      }
      if (right == REGIONAL && left != REGIONAL) {
        regionals = 1;
      }
      left = right;
      i += Character.charCount(d);
    }
    return i;
  }

  private static boolean joins(int left, int right) {
    if (left == CR) {
      return right == LF;
    }
    if (left == LF || left == CONTROL || right == CR || right == LF || right == CONTROL) {
      return false;
    }
    if (right == EXTEND || right == ZWJ || right == SPACING || left == PREPEND) {
      return true;
    }
    if (left == L) {
      return right == L || right == V || right == LV || right == LVT;
    }
    if (left == LV || left == V) {
      return right == V || right == T;
    }
    return (left == LVT || left == T) && right == T;
  }
}
