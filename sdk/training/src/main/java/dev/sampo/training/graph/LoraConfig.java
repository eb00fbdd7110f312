package dev.sampo.training.graph;

import dev.sampo.error.RequestException;
import java.util.regex.Pattern;

/**
 * Low-rank adaptation. Hu et al. 2021, arXiv:2106.09685: W + (alpha / rank) A B, where A starts random and B at zero.
 *
 * @param rank columns of A
 * @param alpha the scale's numerator
 * @param weights which MatMul, Gemm, Conv, LSTM, GRU and RNN weights are adapted: found in their names; null means all
 * @param seed of the random start
 */
public record LoraConfig(
    int rank, double alpha, @org.jspecify.annotations.Nullable Pattern weights, long seed) {
  public LoraConfig {
    if (rank < 1) {
      throw new RequestException("rank", "rank has to be at least 1 (got " + rank + ").");
    }
  }

  /** All MatMul, Gemm, Conv and recurrent weights, alpha = 2 rank. */
  public static LoraConfig ofRank(int rank) {
    return new LoraConfig(rank, 2.0 * rank, null, 0);
  }

  /** Only weights in whose name the expression is found. */
  public LoraConfig on(String regex) {
    return new LoraConfig(rank, alpha, Pattern.compile(regex), seed);
  }

  double scale() {
    return alpha / rank;
  }
}
