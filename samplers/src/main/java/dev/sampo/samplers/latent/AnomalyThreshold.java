package dev.sampo.samplers.latent;

import java.util.Arrays;

/**
 * Where an anomaly score becomes an alarm, fitted on normal data alone.
 *
 * @param value scores above this are alarms
 * @param quantile which quantile of the normal scores it is
 * @param falseAlarmRate the share of the normal scores that it was fitted on which lie above; measure {@link #rate} on other normal
 *     data for an unbiased figure
 */
public record AnomalyThreshold(double value, double quantile, double falseAlarmRate) {
  /**
   * The threshold at a quantile of the scores of normal data.
   *
   * @param quantile 0.99 lets about one in a hundred normal ones ring
   */
  public static AnomalyThreshold fit(double[] normalScores, double quantile) {
    double value = Quantiles.of(normalScores, quantile);
    return new AnomalyThreshold(value, quantile, rateAbove(normalScores, value));
  }

  /** Whether a score is an alarm. */
  public boolean isAnomaly(double score) {
    return score > value;
  }

  /** The share of scores that are alarms. */
  public double rate(double[] scores) {
    return rateAbove(scores, value);
  }

  /**
   * Area under the ROC curve: the probability that an anomaly scores higher than a normal one, ties counted half. From ranks
   * (Mann-Whitney).
   */
  public static double auroc(double[] normalScores, double[] anomalyScores) {
    double[] sorted = normalScores.clone();
    Arrays.sort(sorted);
    double wins = 0;
    for (double score : anomalyScores) {
      int below = firstAtLeast(sorted, score);
      int notAbove = firstAbove(sorted, score);
      wins += below + 0.5 * (notAbove - below);
    }
    return wins / ((double) normalScores.length * anomalyScores.length);
  }

  private static int firstAtLeast(double[] sorted, double x) {
    return firstAbove(sorted, Math.nextDown(x));
  }

  private static int firstAbove(double[] sorted, double x) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int mid = (low + high) >>> 1;
      if (sorted[mid] > x) {
        high = mid;
      } else {
        low = mid + 1;
      }
    }
    return low;
  }

  private static double rateAbove(double[] scores, double value) {
    int above = 0;
    for (double score : scores) {
      above += score > value ? 1 : 0;
    }
    return scores.length == 0 ? 0 : (double) above / scores.length;
  }
}
