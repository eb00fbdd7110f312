package dev.sampo.samplers.text.search;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.internal.Checks;
import java.util.List;

/**
 * The choice of contrastive search. Su et al. 2022, arXiv:2202.06417, eq. 5: of the k most probable tokens v the one with the largest
 * (1 - alpha) p(v | x) - alpha max_j s(h_v, h_j), with s the cosine and h_j the last hidden states of all tokens so far.
 *
 * @param alpha weight of the degeneration penalty, from 0 to 1
 * @param topK k of the paper, more than 1
 */
public record ContrastiveSearch(double alpha, int topK) {
  public ContrastiveSearch {
    Checks.between("penalty_alpha", alpha, 0, 1);
    if (topK < 2) {
      throw new RequestException(
          null, "Contrastive search chooses among top_k tokens, at least 2 (got " + topK + ").");
    }
  }

  /**
   * Index of the candidate to take, the first of equals.
   *
   * @param probabilities p of each candidate
   * @param candidates h of each candidate
   * @param previous h of all tokens so far
   */
  public int choose(float[] probabilities, float[][] candidates, List<float[]> previous) {
    int best = 0;
    double bestScore = Double.NEGATIVE_INFINITY;
    for (int v = 0; v < candidates.length; v++) {
      double penalty = -1;
      for (float[] h : previous) {
        penalty = Math.max(penalty, cosine(candidates[v], h));
      }
      double score = (1 - alpha) * probabilities[v] - alpha * penalty;
      if (score > bestScore) {
        bestScore = score;
        best = v;
      }
    }
    return best;
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(Math.max(1e-30, aa * bb));
  }
}
