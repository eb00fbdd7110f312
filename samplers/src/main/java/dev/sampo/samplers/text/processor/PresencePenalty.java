package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.text.TokenSequence;

/**
 * Subtracts a constant from every token that was generated already, as the OpenAI API's {@code presence_penalty}. The prompt does not
 * count. Holds a scratch set, so one object belongs to one generation.
 */
public final class PresencePenalty implements LogitsProcessor {
  private final float penalty;
  private final SeenTokens seen = new SeenTokens();

  /**
   * @param penalty what is subtracted; negative values encourage repetition
   */
  public PresencePenalty(float penalty) {
    this.penalty = penalty;
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    seen.clear(length);
    for (int i = ids.promptLength(); i < ids.length(); i++) {
      int id = ids.id(i);
      if (id < length && seen.add(id)) {
        scores[offset + id] -= penalty;
      }
    }
  }
}
