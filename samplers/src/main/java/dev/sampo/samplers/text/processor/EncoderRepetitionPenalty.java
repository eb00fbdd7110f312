package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;
import java.util.List;

/**
 * Makes tokens of the source more likely (above 1) or less: the repetition penalty with the inverse factor, over the encoder's ids.
 * transformers' {@code EncoderRepetitionPenaltyLogitsProcessor}. Padding of the source counts, as in the reference.
 *
 * <p>With beams, or several sequences a prompt, there are more rows than sources. The reference then changes only the first rows, as many as
 * there are sources, row i with source i, whatever prompt it belongs to. {@link #processAll} does the same, so that the ids are the same;
 * {@link #process} alone looks up the source of the row's prompt.
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
    penalise(sources[ids.batchIndex()], scores, offset, length);
  }

  @Override
  public void processAll(List<? extends TokenSequence> rows, float[] scores, int length) {
    for (int r = 0; r < Math.min(rows.size(), sources.length); r++) {
      penalise(sources[r], scores, r * length, length);
    }
  }

  private void penalise(int[] source, float[] scores, int offset, int length) {
    seen.clear(length);
    for (int id : source) {
      if (id < length && seen.add(id)) {
        RepetitionPenalty.penalise(scores, offset + id, penalty);
      }
    }
  }
}
