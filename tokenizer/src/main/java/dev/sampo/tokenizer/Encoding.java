package dev.sampo.tokenizer;

import dev.sampo.tokenizer.postprocessor.EncodingDraft;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** A text as tokens. Immutable; all arrays that come out are copies. */
public final class Encoding {
  private final int[] ids;
  private final int[] typeIds;
  private final int[] attentionMask;
  private final int[] specialTokensMask;
  private final int[] starts;
  private final int[] ends;
  private final int[] codePointStarts;
  private final int[] codePointEnds;
  private final int[] wordIds;
  private final int[] sequenceIds;
  private final String @Nullable [] surfaces;
  private final IntFunction<@Nullable String> names;
  private final List<Encoding> overflowing;

  Encoding(EncodingDraft draft) {
    ids = draft.ids();
    typeIds = draft.typeIds();
    attentionMask = draft.attentionMask();
    specialTokensMask = draft.specialMask();
    starts = draft.starts();
    ends = draft.ends();
    codePointStarts = draft.codePointStarts();
    codePointEnds = draft.codePointEnds();
    wordIds = draft.words();
    sequenceIds = draft.sequences();
    surfaces = draft.surfaces();
    names = draft.names();
    List<Encoding> more = new ArrayList<>();
    for (EncodingDraft o : draft.overflowing()) {
      more.add(new Encoding(o));
    }
    overflowing = Collections.unmodifiableList(more);
  }

  /** How many tokens there are. */
  public int length() {
    return ids.length;
  }

  /** Ids of the tokens. */
  public int[] ids() {
    return ids.clone();
  }

  /** The id of the token at {@code index}. */
  public int id(int index) {
    return ids[index];
  }

  /** Type ids: 0 for the first text, 1 for the second, unless the post-processor says otherwise. */
  public int[] typeIds() {
    return typeIds.clone();
  }

  /** 1 for tokens, 0 for padding. */
  public int[] attentionMask() {
    return attentionMask.clone();
  }

  /** 1 for tokens that the post-processor or padding added, 0 for those of the text. */
  public int[] specialTokensMask() {
    return specialTokensMask.clone();
  }

  /** Where each token begins in its text, in UTF-16 units (indices of a Java String); 0 for added tokens. */
  public int[] starts() {
    return starts.clone();
  }

  /** Where each token ends in its text, in UTF-16 units; 0 for added tokens. */
  public int[] ends() {
    return ends.clone();
  }

  /** Where each token begins in its text, in code points. */
  public int[] codePointStarts() {
    return codePointStarts.clone();
  }

  /** Where each token ends in its text, in code points. */
  public int[] codePointEnds() {
    return codePointEnds.clone();
  }

  /** Index of the piece that each token is from (of the word, if the input was words), -1 for added tokens. */
  public int[] wordIds() {
    return wordIds.clone();
  }

  /** 0 or 1: which text each token is from; -1 for added tokens. */
  public int[] sequenceIds() {
    return sequenceIds.clone();
  }

  /** The token at {@code index} as the vocabulary spells it, or as it stood in the text where that differs. */
  public String token(int index) {
    String s = surfaces == null ? null : surfaces[index];
    if (s == null) {
      s = names.apply(ids[index]);
    }
    return s == null ? "" : s;
  }

  /** All tokens; see {@link #token}. */
  public List<String> tokens() {
    List<String> out = new ArrayList<>(ids.length);
    for (int i = 0; i < ids.length; i++) {
      out.add(token(i));
    }
    return Collections.unmodifiableList(out);
  }

  /** The windows that truncation cut off. */
  public List<Encoding> overflowing() {
    return overflowing;
  }

  @Override
  public boolean equals(Object o) {
    if (!(o instanceof Encoding)) {
      return false;
    }
    Encoding e = (Encoding) o;
    return Arrays.equals(ids, e.ids)
        && Arrays.equals(typeIds, e.typeIds)
        && Arrays.equals(attentionMask, e.attentionMask)
        && Arrays.equals(specialTokensMask, e.specialTokensMask)
        && Arrays.equals(starts, e.starts)
        && Arrays.equals(ends, e.ends)
        && Arrays.equals(wordIds, e.wordIds)
        && Arrays.equals(sequenceIds, e.sequenceIds)
        && tokens().equals(e.tokens())
        && overflowing.equals(e.overflowing);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return "Encoding" + tokens();
  }
}
