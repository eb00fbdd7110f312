package dev.sampo.series;

/**
 * What to forecast.
 *
 * @param history what was seen, {@code [time][channels]}, oldest first
 * @param horizon how many steps ahead
 * @param paths how many futures are drawn
 * @param quantiles which quantiles over the paths are wanted, each 0..1
 * @param seed of the draws
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
public record ForecastRequest(
    float[][] history, int horizon, int paths, double[] quantiles, long seed) {
  /** Checks the numbers. */
  public ForecastRequest {
    if (history.length < 1 || horizon < 1 || paths < 1) {
      throw new IllegalArgumentException(
          "history, horizon and paths are at least 1, got "
              + history.length
              + ", "
              + horizon
              + " and "
              + paths
              + ".");
    }
  }

  /** One channel, 100 paths, the quantiles 0.1, 0.5 and 0.9. */
  public static ForecastRequest of(float[] history, int horizon, long seed) {
    float[][] rows = new float[history.length][1];
    for (int i = 0; i < rows.length; i++) {
      rows[i][0] = history[i];
    }
    return new ForecastRequest(rows, horizon, 100, new double[] {0.1, 0.5, 0.9}, seed);
  }
}
