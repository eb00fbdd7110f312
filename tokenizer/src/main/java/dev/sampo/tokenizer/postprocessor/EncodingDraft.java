package dev.sampo.tokenizer.postprocessor;

import dev.sampo.error.RequestException;
import dev.sampo.tokenizer.Truncation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * An encoding in the making: what post-processors, truncation and padding change before it becomes immutable. One owner,
 * one call. All arrays have {@link #length} elements; -1 stands for "none" in words.
 */
public final class EncodingDraft {
  private static final int SEQUENCES = 2;

  int length;
  int[] ids;
  int[] typeIds;
  int[] specialMask;
  int[] attentionMask;
  int[] words;

  /** Offsets in UTF-16 units of the original text. */
  int[] starts;

  int[] ends;

  /** The same in code points; the very same arrays if the text has no character above U+FFFF. */
  int[] codePointStarts;

  int[] codePointEnds;

  /** Texts of tokens that are not what the vocabulary says; null elements or a null array mean that they are. */
  String @Nullable [] surfaces;

  final IntFunction<@Nullable String> names;

  /** First and end token of each sequence, -1 if it has none; null until a sequence has been set. */
  private int @Nullable [] ranges;

  List<EncodingDraft> overflowing = new ArrayList<>();

  /** An encoding of one text, all of it of sequence 0, without special tokens. */
  public EncodingDraft(
      int[] ids,
      int typeId,
      int[] words,
      int[] starts,
      int[] ends,
      int[] codePointStarts,
      int[] codePointEnds,
      String @Nullable [] surfaces,
      IntFunction<@Nullable String> names) {
    length = ids.length;
    this.ids = ids;
    this.words = words;
    this.starts = starts;
    this.ends = ends;
    this.codePointStarts = codePointStarts;
    this.codePointEnds = codePointEnds;
    this.surfaces = surfaces;
    this.names = names;
    typeIds = filled(length, typeId);
    specialMask = new int[length];
    attentionMask = filled(length, 1);
  }

  /** Special tokens: no words, offsets 0. */
  static EncodingDraft ofSpecial(
      int[] ids, String[] tokens, int typeId, IntFunction<@Nullable String> names) {
    int n = ids.length;
    int[] zeros = new int[n];
    EncodingDraft draft =
        new EncodingDraft(
            ids.clone(), typeId, filled(n, -1), zeros, zeros, zeros, zeros, null, names);
    draft.specialMask = filled(n, 1);
    for (int i = 0; i < n; i++) {
      if (!tokens[i].equals(names.apply(ids[i]))) {
        if (draft.surfaces == null) {
          draft.surfaces = new String[n];
        }
        draft.surfaces[i] = tokens[i];
      }
    }
    return draft;
  }

  private EncodingDraft(EncodingDraft other) {
    length = other.length;
    ids = other.ids;
    typeIds = other.typeIds;
    specialMask = other.specialMask;
    attentionMask = other.attentionMask;
    words = other.words;
    starts = other.starts;
    ends = other.ends;
    codePointStarts = other.codePointStarts;
    codePointEnds = other.codePointEnds;
    surfaces = other.surfaces;
    names = other.names;
    ranges = other.ranges == null ? null : other.ranges.clone();
    overflowing = other.overflowing;
  }

  /** A draft that can be changed without changing this one. */
  EncodingDraft copy() {
    return new EncodingDraft(this);
  }

  static int[] filled(int n, int value) {
    int[] out = new int[n];
    Arrays.fill(out, value);
    return out;
  }

  /** How many tokens there are. */
  public int length() {
    return length;
  }

  /** What truncation cut off. */
  public List<EncodingDraft> overflowing() {
    return overflowing;
  }

  /** The text of the token at {@code index}. */
  String surface(int index) {
    String s = surfaces == null ? null : surfaces[index];
    if (s == null) {
      s = names.apply(ids[index]);
    }
    return s == null ? "" : s;
  }

  /** Says that all tokens are of sequence {@code id}. */
  public void setSequence(int id) {
    if (ranges == null) {
      ranges = filled(2 * SEQUENCES, -1);
    }
    ranges[2 * id] = 0;
    ranges[2 * id + 1] = length;
  }

  void setSequence(int id, int from, int to) {
    setSequence(id);
    java.util.Objects.requireNonNull(ranges)[2 * id] = from;
    ranges[2 * id + 1] = to;
  }

  void clearSequences() {
    ranges = null;
  }

  void setTypeIds(int typeId) {
    typeIds = filled(length, typeId);
  }

  /** Index of each token's sequence, -1 for added tokens. */
  int[] sequenceIds() {
    int present = 0;
    for (int s = 0; s < SEQUENCES; s++) {
      present += ranges != null && ranges[2 * s] >= 0 ? 1 : 0;
    }
    if (present == 0) {
      return new int[length];
    }
    int[] out = filled(length, -1);
    int[] r = java.util.Objects.requireNonNull(ranges);
    for (int s = 0; s < present; s++) {
      boolean has = r[2 * s] >= 0;
      Arrays.fill(out, has ? r[2 * s] : 0, has ? r[2 * s + 1] : length, s);
    }
    return out;
  }

  private EncodingDraft slice(int from, int to) {
    EncodingDraft out = new EncodingDraft(this);
    out.length = to - from;
    out.ids = Arrays.copyOfRange(ids, from, to);
    out.typeIds = Arrays.copyOfRange(typeIds, from, to);
    out.specialMask = Arrays.copyOfRange(specialMask, from, to);
    out.attentionMask = Arrays.copyOfRange(attentionMask, from, to);
    out.words = Arrays.copyOfRange(words, from, to);
    out.starts = Arrays.copyOfRange(starts, from, to);
    out.ends = Arrays.copyOfRange(ends, from, to);
    boolean same = codePointStarts == starts;
    out.codePointStarts = same ? out.starts : Arrays.copyOfRange(codePointStarts, from, to);
    out.codePointEnds = same ? out.ends : Arrays.copyOfRange(codePointEnds, from, to);
    out.surfaces = surfaces == null ? null : Arrays.copyOfRange(surfaces, from, to);
    out.ranges = null;
    out.overflowing = new ArrayList<>();
    return out;
  }

  /**
   * Cuts to {@code maxLength} tokens; the rest becomes overflowing windows that share {@code stride} tokens.
   *
   * @throws RequestException if the stride is not smaller than the length
   */
  public EncodingDraft truncate(int maxLength, int stride, Truncation.Direction direction) {
    if (maxLength >= length) {
      return this;
    }
    if (maxLength == 0) {
      EncodingDraft empty = slice(0, 0);
      empty.overflowing.add(this);
      return empty;
    }
    if (stride >= maxLength) {
      throw new RequestException(
          "truncation",
          "Truncation stride "
              + stride
              + " is not smaller than the length "
              + maxLength
              + " that special tokens leave");
    }
    int step = maxLength - stride;
    List<EncodingDraft> windows = new ArrayList<>();
    if (direction == Truncation.Direction.RIGHT) {
      for (int from = 0; ; from += step) {
        int to = Math.min(from + maxLength, length);
        windows.add(slice(from, to));
        if (to == length) {
          break;
        }
      }
    } else {
      for (int to = length; to > 0; to -= step) {
        int from = Math.max(0, to - maxLength);
        windows.add(slice(from, to));
        if (from == 0) {
          break;
        }
      }
    }
    EncodingDraft first = windows.remove(0);
    first.overflowing = windows;
    return first;
  }

  /** This and then {@code other}, with every combination of what overflowed. */
  EncodingDraft concat(EncodingDraft other) {
    List<EncodingDraft> all = new ArrayList<>();
    for (EncodingDraft mine : overflowing) {
      all.add(mine.concat(other));
      for (EncodingDraft theirs : other.overflowing) {
        all.add(mine.concat(theirs));
      }
    }
    for (EncodingDraft theirs : other.overflowing) {
      all.add(concat(theirs));
    }
    EncodingDraft out = new EncodingDraft(this);
    out.length = length + other.length;
    out.ids = join(ids, other.ids);
    out.typeIds = join(typeIds, other.typeIds);
    out.specialMask = join(specialMask, other.specialMask);
    out.attentionMask = join(attentionMask, other.attentionMask);
    out.words = join(words, other.words);
    out.starts = join(starts, other.starts);
    out.ends = join(ends, other.ends);
    boolean same = codePointStarts == starts && other.codePointStarts == other.starts;
    out.codePointStarts = same ? out.starts : join(codePointStarts, other.codePointStarts);
    out.codePointEnds = same ? out.ends : join(codePointEnds, other.codePointEnds);
    if (surfaces != null || other.surfaces != null) {
      out.surfaces = Arrays.copyOf(surfaces == null ? new String[length] : surfaces, out.length);
      if (other.surfaces != null) {
        System.arraycopy(other.surfaces, 0, out.surfaces, length, other.length);
      }
    }
    if (other.ranges != null) {
      int[] r = out.ranges == null ? filled(2 * SEQUENCES, -1) : out.ranges;
      for (int s = 0; s < SEQUENCES; s++) {
        if (other.ranges[2 * s] >= 0) {
          r[2 * s] = other.ranges[2 * s] + length;
          r[2 * s + 1] = other.ranges[2 * s + 1] + length;
        }
      }
      out.ranges = r;
    }
    out.overflowing = all;
    return out;
  }

  private static int[] join(int[] a, int[] b) {
    int[] out = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, out, a.length, b.length);
    return out;
  }

  /** All of {@code drafts}, one after the other; if there is none, an empty one in the manner of {@code like}. */
  public static EncodingDraft concat(List<EncodingDraft> drafts, EncodingDraft like) {
    if (drafts.isEmpty()) {
      return like.slice(0, 0);
    }
    EncodingDraft out = drafts.get(0);
    for (int i = 1; i < drafts.size(); i++) {
      out = out.concat(drafts.get(i));
    }
    return out;
  }

  /** Fills up to {@code target} tokens; what overflowed too. */
  public EncodingDraft pad(int target, int padId, int padTypeId, String padToken, boolean left) {
    List<EncodingDraft> padded = new ArrayList<>();
    for (EncodingDraft o : overflowing) {
      padded.add(o.pad(target, padId, padTypeId, padToken, left));
    }
    overflowing = padded;
    if (length >= target) {
      return this;
    }
    int n = target - length;
    int[] padIds = filled(n, padId);
    String[] tokens = new String[n];
    Arrays.fill(tokens, padToken);
    EncodingDraft pads = ofSpecial(padIds, tokens, padTypeId, names);
    pads.attentionMask = new int[n];
    List<EncodingDraft> keep = overflowing;
    EncodingDraft bare = new EncodingDraft(this);
    bare.overflowing = new ArrayList<>();
    EncodingDraft out = left ? pads.concat(bare) : bare.concat(pads);
    out.overflowing = keep;
    return out;
  }

  // What an Encoding is made from; the arrays are handed over.

  /** The ids. */
  public int[] ids() {
    return ids;
  }

  /** The type ids. */
  public int[] typeIds() {
    return typeIds;
  }

  /** 1 for special tokens. */
  public int[] specialMask() {
    return specialMask;
  }

  /** 0 for padding. */
  public int[] attentionMask() {
    return attentionMask;
  }

  /** Word of each token, or -1. */
  public int[] words() {
    return words;
  }

  /** Starts in UTF-16 units. */
  public int[] starts() {
    return starts;
  }

  /** Ends in UTF-16 units. */
  public int[] ends() {
    return ends;
  }

  /** Starts in code points. */
  public int[] codePointStarts() {
    return codePointStarts;
  }

  /** Ends in code points. */
  public int[] codePointEnds() {
    return codePointEnds;
  }

  /** Sequence of each token, or -1. */
  public int[] sequences() {
    return sequenceIds();
  }

  /** Texts of tokens where they differ from the vocabulary. */
  public String @Nullable [] surfaces() {
    return surfaces;
  }

  /** Texts of ids. */
  public IntFunction<@Nullable String> names() {
    return names;
  }
}
