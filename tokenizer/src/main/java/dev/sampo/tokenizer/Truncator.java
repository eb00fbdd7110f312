package dev.sampo.tokenizer;

import dev.sampo.error.RequestException;
import dev.sampo.tokenizer.postprocessor.EncodingDraft;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The truncation strategies. */
final class Truncator {
  private Truncator() {}

  /** Cuts one encoding or a pair so that, with {@code addedTokens} more, they are no longer than allowed. */
  static List<EncodingDraft> truncate(
      EncodingDraft first, @Nullable EncodingDraft second, Truncation t, int addedTokens) {
    int max = t.maxLength() - addedTokens;
    int n1 = first.length();
    int n2 = second == null ? 0 : second.length();
    // A limit below the number of special tokens switches truncation off, as in the reference
    // (0.22).
    if (max < 0 || n1 + n2 <= max && max > 0) {
      return both(first, second);
    }
    if (max == 0) {
      return both(
          first.truncate(0, t.stride(), t.direction()),
          second == null ? null : second.truncate(0, t.stride(), t.direction()));
    }
    int remove = n1 + n2 - max;
    switch (t.strategy()) {
      case LONGEST_FIRST:
        if (second == null) {
          return both(first.truncate(max, t.stride(), t.direction()), null);
        }
        int[] sizes = longestFirst(n1, n2, max);
        return both(
            first.truncate(sizes[0], t.stride(), t.direction()),
            second.truncate(sizes[1], t.stride(), t.direction()));
      case ONLY_FIRST:
        return both(only(first, remove, t), second);
      default:
        if (second == null) {
          throw new RequestException(
              "truncation", "Truncation only_second needs a pair, but there is one text");
        }
        return both(first, only(second, remove, t));
    }
  }

  private static EncodingDraft only(EncodingDraft target, int remove, Truncation t) {
    if (target.length() <= remove) {
      throw new RequestException(
          "truncation",
          "Truncation "
              + t.strategy()
              + " to "
              + t.maxLength()
              + " would have to remove "
              + remove
              + " of "
              + target.length()
              + " tokens");
    }
    return target.truncate(target.length() - remove, t.stride(), t.direction());
  }

  private static int[] longestFirst(int length1, int length2, int max) {
    boolean swap = length1 > length2;
    int n1 = swap ? length2 : length1;
    int n2 = n1 > max ? n1 : Math.max(n1, max - n1);
    if (n1 + n2 > max) {
      n1 = max / 2;
      n2 = n1 + max % 2;
    }
    return swap ? new int[] {n2, n1} : new int[] {n1, n2};
  }

  private static List<EncodingDraft> both(EncodingDraft first, @Nullable EncodingDraft second) {
    List<EncodingDraft> out = new ArrayList<>();
    out.add(first);
    if (second != null) {
      out.add(second);
    }
    return out;
  }
}
