package dev.sampo.tokenizer;

import dev.sampo.error.RequestException;
import dev.sampo.tokenizer.postprocessor.EncodingDraft;
import dev.sampo.tokenizer.postprocessor.PostProcessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What the tokenizers of this library share: pairs, truncation, special tokens and padding around the ids of a text. */
abstract class AbstractTokenizer implements Tokenizer {
  private final @Nullable Truncation truncation;
  private final @Nullable Padding padding;

  AbstractTokenizer(@Nullable Truncation truncation, @Nullable Padding padding) {
    this.truncation = truncation;
    this.padding = padding;
  }

  /**
   * One text as tokens, nothing added and nothing cut.
   *
   * @param word the word that all tokens belong to, or -1 to count words
   */
  abstract EncodingDraft encodeText(String text, int typeId, int word);

  /** What adds special tokens, or null. */
  abstract @Nullable PostProcessor postProcessor();

  /** Whether decoding ends with {@link SpaceCleanup}. */
  boolean cleansUp() {
    return false;
  }

  /** The same tokenizer with these settings. */
  abstract Tokenizer with(@Nullable Truncation newTruncation, @Nullable Padding newPadding);

  @Override
  public final Tokenizer withTruncation(@Nullable Truncation newTruncation) {
    PostProcessor post = postProcessor();
    if (newTruncation != null && post != null) {
      int room = newTruncation.maxLength() - post.addedTokens(false);
      if (room >= 0 && room < newTruncation.stride()) {
        throw new RequestException(
            "truncation",
            "Truncation stride "
                + newTruncation.stride()
                + " is not smaller than the "
                + room
                + " tokens that special tokens leave of max_length "
                + newTruncation.maxLength());
      }
    }
    return with(newTruncation, padding);
  }

  @Override
  public final Tokenizer withPadding(@Nullable Padding newPadding) {
    return with(truncation, newPadding);
  }

  @Override
  public final @Nullable Truncation truncation() {
    return truncation;
  }

  @Override
  public final @Nullable Padding padding() {
    return padding;
  }

  @Override
  public final Encoding encode(Input input, boolean addSpecialTokens) {
    EncodingDraft draft = process(input, addSpecialTokens);
    if (padding != null) {
      draft = pad(draft, padding, draft.length());
    }
    return new Encoding(draft);
  }

  /** {@inheritDoc} Takes several cores. */
  @Override
  public final List<Encoding> encodeBatch(List<Input> inputs, boolean addSpecialTokens) {
    EncodingDraft[] drafts = new EncodingDraft[inputs.size()];
    IntStream all = IntStream.range(0, drafts.length);
    if (drafts.length > 1) {
      all = all.parallel();
    }
    all.forEach(i -> drafts[i] = process(inputs.get(i), addSpecialTokens));
    int longest = 0;
    for (EncodingDraft draft : drafts) {
      longest = Math.max(longest, draft.length());
    }
    List<Encoding> out = new ArrayList<>(drafts.length);
    for (EncodingDraft draft : drafts) {
      out.add(new Encoding(padding == null ? draft : pad(draft, padding, longest)));
    }
    return Collections.unmodifiableList(out);
  }

  /** {@inheritDoc} Takes several cores. */
  @Override
  public final List<String> decodeBatch(List<int[]> batch, boolean skipSpecialTokens) {
    String[] out = new String[batch.size()];
    IntStream.range(0, out.length)
        .parallel()
        .forEach(i -> out[i] = decode(batch.get(i), skipSpecialTokens));
    return Collections.unmodifiableList(Arrays.asList(out));
  }

  private EncodingDraft process(Input input, boolean addSpecialTokens) {
    EncodingDraft first = encodeAll(input.first, 0, input.words);
    EncodingDraft second = input.second == null ? null : encodeAll(input.second, 1, input.words);
    PostProcessor post = postProcessor();
    if (truncation != null) {
      int addedTokens = addSpecialTokens && post != null ? post.addedTokens(second != null) : 0;
      List<EncodingDraft> cut = Truncator.truncate(first, second, truncation, addedTokens);
      first = cut.get(0);
      second = second == null ? null : cut.get(1);
    }
    if (post == null && second == null) {
      return first;
    }
    List<EncodingDraft> drafts = new ArrayList<>();
    drafts.add(first);
    if (second != null) {
      drafts.add(second);
    }
    for (int i = 0; i < drafts.size(); i++) {
      drafts.get(i).setSequence(i);
      for (EncodingDraft o : drafts.get(i).overflowing()) {
        if (post != null) {
          o.setSequence(i);
        }
      }
    }
    return EncodingDraft.concat(
        post == null ? drafts : post.process(drafts, addSpecialTokens), first);
  }

  private static EncodingDraft pad(EncodingDraft draft, Padding p, int longest) {
    int target = p.length() != null ? p.length() : longest;
    if (p.multipleOf() > 0 && target % p.multipleOf() > 0) {
      target += p.multipleOf() - target % p.multipleOf();
    }
    return draft.pad(target, p.padId(), p.padTypeId(), p.padToken(), p.left());
  }

  private EncodingDraft encodeAll(List<String> texts, int typeId, boolean words) {
    if (!words) {
      return encodeText(texts.get(0), typeId, -1);
    }
    List<EncodingDraft> drafts = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      drafts.add(encodeText(texts.get(i), typeId, i));
    }
    return drafts.isEmpty()
        ? encodeText("", typeId, -1)
        : EncodingDraft.concat(drafts, drafts.get(0));
  }

  /** For each UTF-16 index how many code points are before it; null if that is the index itself. */
  static int @Nullable [] codePointIndex(String text) {
    int n = text.length();
    int i = 0;
    while (i < n && !Character.isSurrogate(text.charAt(i))) {
      i++;
    }
    if (i == n) {
      return null;
    }
    int[] index = new int[n + 1];
    int count = 0;
    for (int k = 0; k < n; k++) {
      index[k] = count;
      if (!Character.isHighSurrogate(text.charAt(k))) {
        count++;
      }
    }
    index[n] = count;
    return index;
  }

  static int[] mapped(int[] offsets, int[] index) {
    int[] out = new int[offsets.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = index[offsets[i]];
    }
    return out;
  }
}
