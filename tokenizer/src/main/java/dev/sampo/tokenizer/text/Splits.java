package dev.sampo.tokenizer.text;

/**
 * A text cut into pieces, as pre-tokenizers see and change it. Pieces that already are tokens (added tokens) are left
 * alone. Not thread-safe: one owner, one call.
 */
public final class Splits {
  /** Cuts one piece: adds the pieces it becomes to {@code out}; empty ones are dropped. */
  public interface Cutter {
    /** Cuts units {@code from} to {@code to} of {@code text}. */
    void cut(char[] text, int from, int to, Splits out);
  }

  /** Finds the matches of a pattern in one piece. */
  public interface Finder {
    /** Adds the start and end of each match, ascending, to {@code matches}. */
    void find(char[] text, int from, int to, IntList matches);
  }

  /** Writes one piece anew. */
  public interface Rewriter {
    /** Writes units {@code from} to {@code to} of {@code text} to {@code out}, changed or not. */
    void rewrite(AlignedText text, int from, int to, AlignedText.Builder out);
  }

  private AlignedText text;
  private IntList pieces = new IntList(64); // from, to, token id or -1
  private IntList next = new IntList(64);
  private final IntList matches = new IntList();
  private boolean byteLevel;

  /** One piece that is all of {@code text}. */
  public Splits(AlignedText text) {
    this.text = text;
    if (text.length() > 0) {
      add(0, text.length(), -1);
    }
  }

  /** No piece yet of {@code text}; {@link #addPiece} adds them. */
  public static Splits empty(AlignedText text) {
    Splits splits = new Splits(text);
    splits.pieces.clear();
    return splits;
  }

  private void add(int from, int to, int id) {
    pieces.add(from);
    pieces.add(to);
    pieces.add(id);
  }

  /** Adds a piece; {@code tokenId} is -1 unless the piece is an added token. */
  public void addPiece(int from, int to, int tokenId) {
    if (from < to) {
      add(from, to, tokenId);
    }
  }

  /** For cutters: a piece of the result. */
  public void piece(int from, int to) {
    if (from < to) {
      next.add(from);
      next.add(to);
      next.add(-1);
    }
  }

  /** The text that the pieces are part of. */
  public AlignedText text() {
    return text;
  }

  /** How many pieces there are. */
  public int size() {
    return pieces.size() / 3;
  }

  /** Where piece {@code i} begins in {@link #text()}. */
  public int from(int i) {
    return pieces.get(3 * i);
  }

  /** Where piece {@code i} ends in {@link #text()}. */
  public int to(int i) {
    return pieces.get(3 * i + 1);
  }

  /** The added token that piece {@code i} is, or -1. */
  public int tokenId(int i) {
    return pieces.get(3 * i + 2);
  }

  /**
   * Whether the pieces stand for their bytes in the byte-level alphabet, which has not been written out yet: a byte-level
   * model takes them as they are.
   */
  public boolean isByteLevel() {
    return byteLevel;
  }

  /** Says that the pieces stand for their bytes in the byte-level alphabet. */
  public void markByteLevel() {
    writeOutByteLevel();
    byteLevel = true;
  }

  /** Writes the byte-level alphabet out, for components that look at characters. */
  public void writeOutByteLevel() {
    if (!byteLevel) {
      return;
    }
    byteLevel = false;
    byte[] bytes = new byte[4];
    rewrite(
        (t, from, to, out) -> {
          for (int i = from; i < to; ) {
            int c = t.codePointAt(i);
            int n = Utf8.encode(c, bytes, 0);
            for (int k = 0; k < n; k++) {
              out.add(ByteAlphabet.charOf(bytes[k]), t.start(i), t.end(i));
            }
            i += Character.charCount(c);
          }
        });
  }

  /** Cuts every piece that is not a token. */
  public void cut(Cutter cutter) {
    writeOutByteLevel();
    next.clear();
    char[] chars = text.chars();
    int n = pieces.size();
    for (int i = 0; i < n; i += 3) {
      if (pieces.get(i + 2) >= 0) {
        next.addAll(pieces.array(), i, 3);
      } else {
        cutter.cut(chars, pieces.get(i), pieces.get(i + 1), this);
      }
    }
    IntList swap = pieces;
    pieces = next;
    next = swap;
  }

  /** Splits every piece that is not a token at the matches of {@code finder}, or at what is between them. */
  public void split(Finder finder, SplitBehavior behavior, boolean invert) {
    IntList parts = new IntList();
    cut(
        (chars, from, to, out) -> {
          matches.clear();
          finder.find(chars, from, to, matches);
          parts(matches, from, to, invert, parts);
          apply(parts, behavior, out);
        });
  }

  /** All parts of a piece: start, end, 1 for a delimiter. */
  private static void parts(IntList matches, int from, int to, boolean invert, IntList parts) {
    parts.clear();
    int last = from;
    int plain = invert ? 1 : 0;
    for (int m = 0; m < matches.size(); m += 2) {
      int s = matches.get(m);
      int e = matches.get(m + 1);
      if (last != s) {
        part(parts, last, s, plain);
      }
      part(parts, s, e, 1 - plain);
      last = e;
    }
    if (last != to) {
      part(parts, last, to, plain);
    }
  }

  private static void part(IntList parts, int s, int e, int delimiter) {
    parts.add(s);
    parts.add(e);
    parts.add(delimiter);
  }

  private static void apply(IntList parts, SplitBehavior behavior, Splits out) {
    int n = parts.size();
    switch (behavior) {
      case REMOVED:
        for (int i = 0; i < n; i += 3) {
          if (parts.get(i + 2) == 0) {
            out.piece(parts.get(i), parts.get(i + 1));
          }
        }
        break;
      case ISOLATED:
        for (int i = 0; i < n; i += 3) {
          out.piece(parts.get(i), parts.get(i + 1));
        }
        break;
      case CONTIGUOUS:
        for (int i = 0; i < n; ) {
          int k = i + 3;
          while (k < n && parts.get(k + 2) == parts.get(i + 2)) {
            k += 3;
          }
          out.piece(parts.get(i), parts.get(k - 2));
          i = k;
        }
        break;
      case MERGED_WITH_PREVIOUS:
        for (int i = 0; i < n; ) {
          int k = i + 3;
          if (parts.get(i + 2) == 0 && k < n && parts.get(k + 2) == 1) {
            k += 3;
          }
          out.piece(parts.get(i), parts.get(k - 2));
          i = k;
        }
        break;
      case MERGED_WITH_NEXT:
        mergeWithNext(parts, out);
        break;
    }
  }

  /** Read from the right, a delimiter joins the piece after it unless that is a delimiter too. */
  private static void mergeWithNext(IntList parts, Splits out) {
    int n = parts.size();
    for (int i = 0; i < n; ) {
      int k = i + 3;
      if (parts.get(i + 2) == 1 && k < n && parts.get(k + 2) == 0) {
        k += 3;
      }
      out.piece(parts.get(i), parts.get(k - 2));
      i = k;
    }
  }

  /** Writes every piece that is not a token anew; the others are copied. */
  public void rewrite(Rewriter rewriter) {
    writeOutByteLevel();
    AlignedText.Builder out = new AlignedText.Builder(text.length() + 16);
    for (int i = 0; i < pieces.size(); i += 3) {
      int from = out.length();
      if (pieces.get(i + 2) >= 0) {
        out.copy(text, pieces.get(i), pieces.get(i + 1));
      } else {
        rewriter.rewrite(text, pieces.get(i), pieces.get(i + 1), out);
      }
      pieces.set(i, from);
      pieces.set(i + 1, out.length());
    }
    AlignedText made = new AlignedText("");
    out.moveTo(made);
    text = made;
  }
}
