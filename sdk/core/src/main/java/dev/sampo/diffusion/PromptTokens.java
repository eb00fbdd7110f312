package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import dev.sampo.tokenizer.Tokenizer;

/** The tokenizer of one text encoder: ids of the length that the encoder takes, padded on the right. */
final class PromptTokens {
  private final Tokenizer tokenizer;
  private final int length;
  private final int padId;

  /**
   * @param length positions that the encoder takes
   */
  PromptTokens(Tokenizer tokenizer, int length) {
    this.tokenizer = tokenizer;
    this.length = length;
    this.padId = Math.max(0, tokenizer.padTokenId());
  }

  int length() {
    return length;
  }

  /**
   * Ids of a prompt.
   *
   * @param cut whether a prompt that is too long loses its end, except for the closing token
   * @param mask filled with 1 for real ids and 0 for padding
   * @throws RequestException if it is too long and may not be cut
   */
  long[] encode(String prompt, boolean cut, long[] mask) {
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
