package dev.sampo.samplers.text.draw;

import dev.sampo.error.RequestException;

/** Draws tokens. An object belongs to one generation and one thread. */
public interface TokenDraw {
  /**
   * Draws one token of a row.
   *
   * @param candidates what is left of the row; not empty
   * @param vocabularySize size of the whole row
   * @return a token id
   */
  int draw(Candidates candidates, int vocabularySize);

  /**
   * Draws one token of a whole row with a temperature and a top-p. The default makes a list of candidates.
   *
   * @param scores scores of all tokens; those of this row are at {@code offset} to {@code offset + length - 1}
   * @param temperature divides the scores first; they may be changed
   * @param topP from 0 to 1; 1 keeps all
   * @return a token id, -1 if every score is minus infinity
   * @throws RequestException if NaN or infinity is among the scores
   */
  default int drawRow(float[] scores, int offset, int length, float temperature, double topP) {
    if (temperature != 1) {
      Rows.divide(scores, offset, length, temperature);
    }
    Candidates candidates = new Candidates();
    candidates.load(scores, offset, length);
    if (candidates.count() == 0) {
      return -1;
    }
    Rows.checked(candidates.maxScore());
    if (topP < 1) {
      candidates.keepNucleus(topP, 1);
    }
    return draw(candidates, length);
  }

  /** Passes over a row whose token is not needed, as rows that ended are; a stream that other rows share moves on all the same. */
  void pass(int vocabularySize);

  /**
   * Draws without replacement, as sampled beams do.
   *
   * @param scores scores of all beams of a prompt, not normalised
   * @param offset where they begin
   * @param length how many there are
   * @param positions receives the drawn positions, from 0, in the order drawn
   */
  void drawSeveral(float[] scores, int offset, int length, int[] positions);
}
