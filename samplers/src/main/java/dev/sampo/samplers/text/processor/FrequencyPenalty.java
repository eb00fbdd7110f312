package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.text.TokenSequence;

/**
 * Subtracts a constant for each time a token was generated already, as the OpenAI API's {@code frequency_penalty}. The prompt does not
 * count.
 *
 * @param penalty what is subtracted for each occurrence; negative values encourage repetition
 */
public record FrequencyPenalty(float penalty) implements LogitsProcessor {
  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    for (int i = ids.promptLength(); i < ids.length(); i++) {
      int id = ids.id(i);
      if (id < length) {
        scores[offset + id] -= penalty;
      }
    }
  }
}
