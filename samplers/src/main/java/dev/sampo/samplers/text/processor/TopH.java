package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.draw.Candidates;

/**
 * Keeps the best tokens until their share of the entropy is reached. transformers' {@code TopHLogitsWarper}; Potraghloo et al. 2025,
 * arXiv:2509.02510. Only the 100 best tokens are looked at, as in the reference; the best is always kept, and with 1 all of the 100.
 *
 * @param topH greater than 0, at most 1
 */
public record TopH(double topH) implements CandidateFilter {
  private static final int TOP_N = 100;

  public TopH {
    Checks.positive("top_h", topH);
    Checks.between("top_h", topH, 0, 1);
  }

  @Override
  public void filter(Candidates candidates) {
    int count = candidates.count();
    if (count == 0) {
      return;
    }
    float[] keys = new float[count];
    for (int i = 0; i < count; i++) {
      keys[i] = -candidates.score(i);
    }
    candidates.sortAscending(keys);
    int n = Math.min(TOP_N, count);
    float max = candidates.score(candidates.at(0));
    float[] p = new float[n];
    float sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (float) Math.exp(candidates.score(candidates.at(i)) - max);
    }
    // Every step in float32, one after the other: where top_h is near 1 the last bits decide.
    // PyTorch's
    // logarithm is an ulp low there.
    float logSum = towardsZero(Math.log(sum)) + max;
    float[] logits = new float[n];
    float total = 0;
    for (int i = 0; i < n; i++) {
      logits[i] = candidates.score(candidates.at(i)) - logSum;
      p[i] = (float) Math.exp(logits[i] - logits[0]);
      total += p[i];
    }
    double entropy = 0;
    float[] terms = new float[n];
    for (int i = 0; i < n; i++) {
      p[i] /= total;
      entropy -= p[i] * logits[i];
      terms[i] = -p[i] * (float) Math.log(p[i]); // NaN where p is 0: dropped, as in the reference
    }
    // At 1 the sum meets the entropy at its very end, where rounding would decide: all are kept.
    float tau = topH == 1 ? Float.POSITIVE_INFINITY : (float) entropy * (float) topH;
    double cumulative = 0;
    for (int i = 0; i < count; i++) {
      cumulative += i < n ? terms[i] : Double.NaN;
      if (i > 0 && !((float) cumulative <= tau)) {
        candidates.remove(candidates.at(i));
      }
    }
    candidates.compact();
  }

  private static float towardsZero(double value) {
    float nearest = (float) value;
    return Math.abs(nearest) > Math.abs(value)
        ? nearest - Math.copySign(Math.ulp(nearest), nearest)
        : nearest;
  }
}
