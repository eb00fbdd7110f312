package dev.sampo.text;

/** Hears of tokens as they are generated, in the thread that generates. Not with beams, whose tokens are not settled before the end. */
@FunctionalInterface
public interface TokenListener {
  /**
   * A token was generated.
   *
   * @param event which one, and the text that is settled by it
   */
  void onToken(Event event);

  /**
   * A token.
   *
   * @param promptIndex index of the prompt
   * @param sequenceIndex index of the sequence among those of the prompt
   * @param tokenId the id
   * @param text text that this token completes; empty while a character is incomplete. All of them together are the text of the sequence
   * @param last whether the sequence ends with it
   */
  record Event(int promptIndex, int sequenceIndex, int tokenId, String text, boolean last) {}
}
