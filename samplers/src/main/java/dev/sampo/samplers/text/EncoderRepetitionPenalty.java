package dev.sampo.samplers.text;

/**
 * Makes tokens of the source more likely (above 1) or less: the repetition penalty with the inverse factor, over the encoder's ids.
 * transformers' {@code EncoderRepetitionPenaltyLogitsProcessor}. Padding of the source counts, as in the reference.
 *
 * <p>Holds a scratch set, so one object belongs to one generation.
 */
public final class EncoderRepetitionPenalty implements LogitsProcessor {
  private final float penalty;
  private final int[][] sources;
  private final SeenTokens seen = new SeenTokens();

  /**
   * @param penalty above 0
   * @param sources source ids, one row a batch entry
   */
  public EncoderRepetitionPenalty(float penalty, int[][] sources) {
    Checks.positive("encoder_repetition_penalty", penalty);
    this.penalty = (float) (1.0 / penalty);
    this.sources = sources.clone();
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    seen.clear(length);
    for (int id : sources[ids.batchIndex()]) {
      if (id < length && seen.add(id)) {
        RepetitionPenalty.penalise(scores, offset + id, penalty);
      }
    }
  }
}
