package dev.sampo.tokenizer.text;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Text that components change, with the place in the original that each of its UTF-16 units comes from. Not thread-safe:
 * one owner, one call.
 *
 * <p>As long as nothing has changed there are no alignment arrays: unit i comes from unit i + shift. Both units of a
 * surrogate pair are aligned to the whole of their source.
 */
public final class AlignedText {
  private char[] chars;
  private int length;
  private final int shift;
  private int @Nullable [] starts;
  private int @Nullable [] ends;

  /** The part {@code from} to {@code to} of {@code original}, unchanged. */
  public AlignedText(String original, int from, int to) {
    chars = new char[to - from];
    original.getChars(from, to, chars, 0);
    length = to - from;
    shift = from;
  }

  /** All of {@code original}, unchanged. */
  public AlignedText(String original) {
    this(original, 0, original.length());
  }

  /** The units; only the first {@link #length()} count, and only until the next change. */
  public char[] chars() {
    return chars;
  }

  /** How many UTF-16 units there are. */
  public int length() {
    return length;
  }

  /** Whether no component has changed anything. */
  public boolean isUnchanged() {
    return starts == null;
  }

  /** Where in the original the unit at {@code index} begins. */
  public int start(int index) {
    if (starts != null) {
      return starts[index];
    }
    return shift + (isSecondOfPair(index) ? index - 1 : index);
  }

  /** Where in the original the unit at {@code index} ends. */
  public int end(int index) {
    if (ends != null) {
      return ends[index];
    }
    return shift + (isFirstOfPair(index) ? index + 2 : index + 1);
  }

  private boolean isSecondOfPair(int i) {
    return Character.isLowSurrogate(chars[i]) && i > 0 && Character.isHighSurrogate(chars[i - 1]);
  }

  private boolean isFirstOfPair(int i) {
    return Character.isHighSurrogate(chars[i])
        && i + 1 < length
        && Character.isLowSurrogate(chars[i + 1]);
  }

  /** The code point at {@code index}. */
  public int codePointAt(int index) {
    return Character.codePointAt(chars, index, length);
  }

  /** Puts {@code to} in place of each {@code from} between two indices; alignment stays. */
  public void replaceChar(char from, char to, int start, int end) {
    for (int i = start; i < end; i++) {
      if (chars[i] == from) {
        materialize();
        chars[i] = to;
      }
    }
  }

  private void materialize() {
    if (starts == null) {
      int[] s = new int[length];
      int[] e = new int[length];
      for (int i = 0; i < length; i++) {
        s[i] = start(i);
        e[i] = end(i);
      }
      starts = s;
      ends = e;
    }
  }

  /**
   * Puts other code points in place of all: the rules of the reference.
   *
   * @param codePoints the new text
   * @param changes for each new code point 0: it replaces the next old one; 1: it is inserted; -n: it replaces the next
   *     old one and n more are removed
   * @param count how many there are
   * @param removedAtStart how many old code points are removed before the first new one
   */
  public void transform(int[] codePoints, int[] changes, int count, int removedAtStart) {
    if (length == 0) {
      return;
    }
    Builder out = new Builder(length + 16);
    int at = 0;
    for (int i = 0; i < removedAtStart && at < length; i++) {
      at += Character.charCount(codePointAt(at));
    }
    for (int k = 0; k < count; k++) {
      int change = changes[k];
      int s;
      int e;
      if (change > 0) {
        s = at < 1 ? shift : start(at - 1);
        e = at < 1 ? shift : end(at - 1);
      } else {
        if (at >= length) {
          throw new IllegalStateException(
              "A normalizer gave more characters than it has alignments for, at "
                  + k
                  + " of "
                  + count);
        }
        s = start(at);
        e = end(at);
        at += Character.charCount(codePointAt(at));
        for (int r = change; r < 0 && at < length; r++) {
          at += Character.charCount(codePointAt(at));
        }
      }
      out.add(codePoints[k], s, e);
    }
    out.moveTo(this);
  }

  /** Puts {@code content} before the text, aligned to its first character. Does nothing to an empty text. */
  public void prepend(String content) {
    if (length == 0 || content.isEmpty()) {
      return;
    }
    int n = content.length();
    int first = Character.charCount(codePointAt(0));
    int s0 = start(0);
    int e0 = end(0);
    materialize();
    char[] c = new char[n + length];
    content.getChars(0, n, c, 0);
    System.arraycopy(chars, 0, c, n, length);
    int[] s = new int[n + length];
    int[] e = new int[n + length];
    System.arraycopy(java.util.Objects.requireNonNull(starts), 0, s, n, length);
    System.arraycopy(java.util.Objects.requireNonNull(ends), 0, e, n, length);
    Arrays.fill(s, 0, n + first, s0);
    Arrays.fill(e, 0, n + first, e0);
    chars = c;
    starts = s;
    ends = e;
    length += n;
  }

  /**
   * Puts {@code content} in place of parts of the text; it is aligned to the last character of what it replaces.
   *
   * @param matches pairs of start and end, ascending, not overlapping
   */
  public void replace(IntList matches, String content) {
    if (matches.size() == 0) {
      return;
    }
    Builder out = new Builder(length + 16);
    int last = 0;
    for (int m = 0; m < matches.size(); m += 2) {
      int from = matches.get(m);
      int to = matches.get(m + 1);
      out.copy(this, last, from);
      int s = to < 1 ? shift : start(to - 1);
      int e = to < 1 ? shift : end(to - 1);
      for (int i = 0; i < content.length(); ) {
        int c = content.codePointAt(i);
        out.add(c, s, e);
        i += Character.charCount(c);
      }
      last = to;
    }
    out.copy(this, last, length);
    out.moveTo(this);
  }

  /** Keeps the code points that are in {@code keep}. */
  public void filter(CodePointSet remove) {
    int i = 0;
    while (i < length && !remove.contains(codePointAt(i))) {
      i += Character.charCount(codePointAt(i));
    }
    if (i >= length) {
      return;
    }
    Builder out = new Builder(length);
    for (int k = 0; k < length; ) {
      int c = codePointAt(k);
      if (!remove.contains(c)) {
        out.add(c, start(k), end(k));
      }
      k += Character.charCount(c);
    }
    out.moveTo(this);
  }

  /** Keeps only units {@code from} to {@code to}. */
  public void keep(int from, int to) {
    if (from == 0 && to == length) {
      return;
    }
    Builder out = new Builder(to - from);
    out.copy(this, from, to);
    out.moveTo(this);
  }

  /** Puts {@code to} in place of each code point of {@code from}, a set of basic-plane characters. */
  public void mapTo(CodePointSet from, char to) {
    for (int i = 0; i < length; i++) {
      if (from.containsChar(chars[i]) && chars[i] != to) {
        materialize();
        chars[i] = to;
      }
    }
  }

  /** Puts each byte's character of the byte-level alphabet in place of the text. */
  public void toByteLevel() {
    Builder out = new Builder(length * 2);
    byte[] bytes = new byte[4];
    for (int i = 0; i < length; ) {
      int c = codePointAt(i);
      int n = Utf8.encode(c, bytes, 0);
      int s = start(i);
      int e = end(i);
      for (int k = 0; k < n; k++) {
        out.add(ByteAlphabet.charOf(bytes[k]), s, e);
      }
      i += Character.charCount(c);
    }
    out.moveTo(this);
  }

  @Override
  public String toString() {
    return new String(chars, 0, length);
  }

  /** Collects code points with their alignment. */
  public static final class Builder {
    private char[] chars;
    private int[] starts;
    private int[] ends;
    private int length;

    /** An empty builder with room for {@code capacity} units. */
    public Builder(int capacity) {
      int n = Math.max(8, capacity);
      chars = new char[n];
      starts = new int[n];
      ends = new int[n];
    }

    /** How many units there are so far. */
    public int length() {
      return length;
    }

    private void reserve(int more) {
      if (length + more > chars.length) {
        int n = Math.max(length + more, chars.length * 2);
        chars = Arrays.copyOf(chars, n);
        starts = Arrays.copyOf(starts, n);
        ends = Arrays.copyOf(ends, n);
      }
    }

    /** Adds one code point that comes from {@code start} to {@code end} of the original. */
    public void add(int codePoint, int start, int end) {
      reserve(2);
      int n = Character.toChars(codePoint, chars, length);
      for (int i = 0; i < n; i++) {
        starts[length] = start;
        ends[length] = end;
        length++;
      }
    }

    /** Adds units {@code from} to {@code to} of {@code text}. */
    public void copy(AlignedText text, int from, int to) {
      reserve(to - from);
      System.arraycopy(text.chars, from, chars, length, to - from);
      for (int i = from; i < to; i++) {
        starts[length] = text.start(i);
        ends[length] = text.end(i);
        length++;
      }
    }

    /** Makes this the content of {@code text}. */
    public void moveTo(AlignedText text) {
      text.chars = chars;
      text.starts = starts;
      text.ends = ends;
      text.length = length;
    }
  }
}
