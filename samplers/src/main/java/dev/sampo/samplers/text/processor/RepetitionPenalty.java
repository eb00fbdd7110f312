package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;

/**
 * Makes tokens that are there already less likely: positive scores are divided by the penalty, negative ones multiplied. An id counts once
 * however often it occurs; prompt and left padding count too. transformers' {@code RepetitionPenaltyLogitsProcessor}; Keskar et al. 2019,
 * arXiv:1909.05858.
 *
 * <p>Holds a scratch set, so one object belongs to one generation.
 */
public final class RepetitionPenalty implements LogitsProcessor {
  private final float penalty;
  private final int promptIgnoreLength;
  private final SeenTokens seen = new SeenTokens();

  /**
   * @param penalty above 0; above 1 discourages
   * @param promptIgnoreLength so many ids at the beginning do not count
   */
  public RepetitionPenalty(float penalty, int promptIgnoreLength) {
    Checks.positive("repetition_penalty", penalty);
    Checks.notNegative("prompt_ignore_length", promptIgnoreLength);
    this.penalty = penalty;
    this.promptIgnoreLength = promptIgnoreLength;
  }

  public RepetitionPenalty(float penalty) {
    this(penalty, 0);
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    seen.clear(length);
    for (int i = promptIgnoreLength; i < ids.length(); i++) {
      int id = ids.id(i);
      if (id < length && seen.add(id)) {
        penalise(scores, offset + id, penalty);
      }
    }
  }

  static void penalise(float[] scores, int at, float penalty) {
    scores[at] = scores[at] < 0 ? scores[at] * penalty : scores[at] / penalty;
  }
}
