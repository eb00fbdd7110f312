package dev.sampo.internal;

import dev.sampo.error.RequestException;
import dev.sampo.tokenizer.Tokenizer;

/** The tokenizer of one text encoder: ids of the length that the encoder takes, padded on the right. */
public final class PromptTokens {
  private final Tokenizer tokenizer;
  private final int length;
  private final int padId;

  /**
   * A tokenizer for one length.
   *
   * @param length positions that the encoder takes
   */
  public PromptTokens(Tokenizer tokenizer, int length) {
    this.tokenizer = tokenizer;
    this.length = length;
    this.padId = Math.max(0, tokenizer.padTokenId());
  }

  /** Positions that the encoder takes. */
  public int length() {
    return length;
  }

  /**
   * Ids of a prompt.
   *
   * @param cut whether a prompt that is too long loses its end, except for the closing token
   * @param mask filled with 1 for real ids and 0 for padding
   * @throws RequestException if it is too long and may not be cut
   */
  public long[] encode(String prompt, boolean cut, long[] mask) {
    int[] ids = tokenizer.encodeToIds(prompt);
    if (ids.length > length && !cut) {
      throw new RequestException(
          "prompt",
          "The prompt has "
              + ids.length
              + " tokens, the text encoder takes "
              + length
              + ". Shorten it, or set cutLongPrompts to lose its end: \""
              + (prompt.length() > 60 ? prompt.substring(0, 60) + "..." : prompt)
              + "\"");
    }
    long[] out = new long[length];
    java.util.Arrays.fill(out, padId);
    int kept = Math.min(ids.length, length);
    for (int i = 0; i < kept; i++) {
      out[i] = ids[i];
    }
    if (ids.length > length) {
      out[length - 1] = ids[ids.length - 1];
    }
    java.util.Arrays.fill(mask, 0, kept, 1);
    java.util.Arrays.fill(mask, kept, length, 0);
    return out;
  }
}
