package dev.sampo.samplers.text.search;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.draw.Candidates;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.draw.TokenDraw;
import dev.sampo.samplers.text.processor.ProcessorChain;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the next token of every row: the best one, or a drawn one. Reuses its scratch space, so it belongs to one generation and one
 * thread.
 */
public final class TokenSampler {
  private final ProcessorChain chain;
  private final @Nullable TokenDraw draw;
  private final Candidates candidates = new Candidates();

  /**
   * @param chain what changes the scores first
   * @param draw how tokens are drawn, or null to take the best
   */
  public TokenSampler(ProcessorChain chain, @Nullable TokenDraw draw) {
    this.chain = chain;
    this.draw = draw;
  }

  /**
   * Chooses a token for each row.
   *
   * @param rows ids so far
   * @param scores {@code rows.size() * length} scores, changed
   * @param length size of the vocabulary
   * @param ended rows whose token is not needed; they get no token
   * @param tokens receives one id a row
   * @param keepScores whether {@code scores} is to hold, for all rows, what transformers calls the processed scores
   * @throws IllegalStateException if the processors left no token
   * @throws RequestException if NaN is among the scores of a row, or infinity where a token is to be drawn
   */
  public void choose(
      List<? extends TokenSequence> rows,
      float[] scores,
      int length,
      boolean[] ended,
      int[] tokens,
      boolean keepScores) {
    if (draw == null || keepScores) {
      chain.process(rows, scores, length);
    } else {
      chain.processBeforeFilters(rows, scores, length);
    }
    for (int r = 0; r < rows.size(); r++) {
      if (draw == null) {
        if (!ended[r]) {
          Rows.checkNumbers(scores, r * length, length);
          tokens[r] = Rows.argmax(scores, r * length, length);
          if (scores[r * length + tokens[r]] == Float.NEGATIVE_INFINITY) {
            throw nothingLeft(r, rows.get(r));
          }
        }
      } else if (ended[r]) {
        draw.pass(length);
      } else if (!keepScores && chain.leavesMuch()) {
        tokens[r] = draw.drawRow(scores, r * length, length, chain.temperature(), chain.topP());
        if (tokens[r] < 0) {
          throw nothingLeft(r, rows.get(r));
        }
      } else {
        Rows.checkNumbers(scores, r * length, length); // a list of the best would leave it out
        if (keepScores) {
          candidates.load(scores, r * length, length);
        } else {
          chain.candidates(scores, r * length, length, candidates);
        }
        if (candidates.count() == 0) {
          throw nothingLeft(r, rows.get(r));
        }
        Rows.checked(candidates.maxScore());
        tokens[r] = draw.draw(candidates, length);
      }
    }
  }

  private static IllegalStateException nothingLeft(int row, TokenSequence ids) {
    return new IllegalStateException(
        "No token is left for row "
            + row
            + " at length "
            + ids.length()
            + ": the processors forbid all of them.");
  }
}
