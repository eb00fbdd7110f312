package dev.sampo.tokenizer;

import dev.sampo.tokenizer.text.IntList;
import org.jspecify.annotations.Nullable;

/**
 * Decodes ids one by one, as a generation loop makes them. It holds back what may still change: the text it has given is
 * never taken back, and never ends in half a character. One owner; make one for each generated sequence.
 */
public final class StreamingDecoder {
  private static final char REPLACEMENT = '\uFFFD';

  private final @Nullable Tokenizer tokenizer;
  private final boolean skipSpecialTokens;
  private final boolean cleansUp;
  private final IntList window = new IntList();
  private String prefix = "";
  private int prefixTokens;

  StreamingDecoder(@Nullable Tokenizer tokenizer, boolean skipSpecialTokens) {
    this.tokenizer = tokenizer;
    this.skipSpecialTokens = skipSpecialTokens;
    this.cleansUp =
        tokenizer instanceof AbstractTokenizer && ((AbstractTokenizer) tokenizer).cleansUp();
  }

  /**
   * A decoder without special tokens.
   *
   * @param tokenizer null for a model that has none: no id has a text
   */
  public static StreamingDecoder of(@Nullable Tokenizer tokenizer) {
    return new StreamingDecoder(tokenizer, true);
  }

  /** {@link #add}, and {@link #finish} after the last id. */
  public String next(int id, boolean last) {
    String text = add(id);
    return last ? text + finish() : text;
  }

  /** Takes one id; returns the text that became final with it, which may be empty. */
  public String add(int id) {
    if (tokenizer == null || skipSpecialTokens && tokenizer.isSpecial(id)) {
      return ""; // kept, a long run of them would be decoded again and again
    }
    if (prefix.isEmpty() && window.size() > 0) {
      String shown = decode();
      if (!endsOpen(shown)) {
        prefix = shown;
        prefixTokens = window.size();
      }
    }
    window.add(id);
    String text = decode();
    if (text.length() <= prefix.length() || endsOpen(text) || !text.startsWith(prefix)) {
      return "";
    }
    String more = text.substring(prefix.length());
    int before = prefixTokens;
    prefixTokens = window.size() - before;
    int[] rest = new int[window.size() - before];
    System.arraycopy(window.array(), before, rest, 0, rest.length);
    window.clear();
    window.addAll(rest, 0, rest.length);
    prefix = decode();
    return more;
  }

  /** Says that no id follows; returns what was held back. The decoder can then be used for another sequence. */
  public String finish() {
    String text = decode();
    String rest = text.length() > prefix.length() ? text.substring(prefix.length()) : "";
    window.clear();
    prefix = "";
    prefixTokens = 0;
    return rest;
  }

  private String decode() {
    return tokenizer == null ? "" : tokenizer.decode(window.toArray(), skipSpecialTokens);
  }

  private boolean endsOpen(String text) {
    return !text.isEmpty()
        && (text.charAt(text.length() - 1) == REPLACEMENT
            || cleansUp && SpaceCleanup.open(text) > 0);
  }
}
