package dev.sampo.samplers.text.search;

import dev.sampo.error.RequestException;

/**
 * Subtracts, in diverse beam search, a penalty from tokens that earlier groups chose at this step, for each time they were chosen.
 * Vijayakumar et al. 2016, arXiv:1610.02424, with the Hamming dissimilarity.
 *
 * @param penalty lambda of the paper, not negative
 */
public record HammingDiversity(float penalty) {
  public HammingDiversity {
    if (!(penalty >= 0)) {
      throw new RequestException(
          null, "diversity_penalty must not be negative (got " + penalty + ").");
    }
  }

  /**
   * Changes the rows of one group.
   *
   * @param chosen the tokens that earlier groups of the same prompt chose at this step
   * @param scores log-probabilities
   * @param offset where the row begins
   */
  public void apply(int[] chosen, float[] scores, int offset) {
    for (int id : chosen) {
      scores[offset + id] -= penalty;
    }
  }
}
