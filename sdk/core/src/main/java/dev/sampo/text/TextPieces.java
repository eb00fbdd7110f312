package dev.sampo.text;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the text of a growing sequence into pieces that do not change any more: a piece comes out when the text of the ids so far does not end in
 * an incomplete character. All pieces together are the text of all ids.
 */
final class TextPieces {
  private static final char REPLACEMENT = '\uFFFD';

  private final @Nullable TextCodec codec;
  private int[] ids = new int[16];
  private int count;

  /** Ids before this one are needed only as what precedes. */
  private int from;

  /** The text of the ids from {@code from} on that was handed out already. */
  private int given;

  TextPieces(@Nullable TextCodec codec) {
    this.codec = codec;
  }

  /** The text that an id completes; at the end everything that is left. */
  String next(int id, boolean last) {
    if (codec == null) {
      return "";
    }
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, 2 * count);
    }
    ids[count++] = id;
    String text = codec.decode(Arrays.copyOfRange(ids, from, count));
    if (!last && !text.isEmpty() && text.charAt(text.length() - 1) == REPLACEMENT) {
      return "";
    }
    String piece = text.length() > given ? text.substring(given) : "";
    given = Math.max(given, text.length());
    if (!piece.isEmpty() && count - from > 32) {
      moveOn();
    }
    return piece;
  }

  /** Forgets ids whose text is settled, where the text of the last few alone continues as before. */
  private void moveOn() {
    int keep = count - 8;
    TextCodec known = java.util.Objects.requireNonNull(codec);
    String before = known.decode(Arrays.copyOfRange(ids, from, keep));
    String all = known.decode(Arrays.copyOfRange(ids, from, count));
    String tail = known.decode(Arrays.copyOfRange(ids, keep, count));
    if (before.isEmpty()
        || before.charAt(before.length() - 1) == REPLACEMENT
        || !all.equals(before + tail)) {
      return; // the tail would read differently on its own: go on with the longer text
    }
    given = tail.length();
    from = keep;
  }
}
