package dev.sampo.diffusion;

/**
 * The final layer normalization of a text encoder, applied to another of its states. Ba et al. 2016, arXiv:1607.06450: y = g n + b with n
 * = (x - mean) / sqrt(variance + 1e-5) over a position's values.
 *
 * <p>The graph holds g and b where nobody can ask for them, but it shows the last state before and behind its normalization at every
 * position: for each value the line through these points is g and b, to rounding.
 */
final class FinalNorm {
  private static final double EPSILON = 1e-5;

  private FinalNorm() {}

  /**
   * Normalizes {@code state} in place.
   *
   * @param before the last state [positions, width]
   * @param behind the same, normalized by the graph
   */
  static void apply(float[] before, float[] behind, float[] state, int width) {
    int rows = before.length / width;
    double[] n = normalized(before, width);
    double[] target = normalized(state, width);
    for (int c = 0; c < width; c++) {
      double meanN = 0;
      double meanY = 0;
      for (int r = 0; r < rows; r++) {
        meanN += n[r * width + c] / rows;
        meanY += (double) behind[r * width + c] / rows;
      }
      double covariance = 0;
      double variance = 0;
      for (int r = 0; r < rows; r++) {
        double d = n[r * width + c] - meanN;
        covariance += d * (behind[r * width + c] - meanY);
        variance += d * d;
      }
      double g = variance > 0 ? covariance / variance : 0;
      for (int r = 0; r < rows; r++) {
        state[r * width + c] = (float) (meanY + g * (target[r * width + c] - meanN));
      }
    }
  }

  private static double[] normalized(float[] x, int width) {
    double[] out = new double[x.length];
    for (int from = 0; from < x.length; from += width) {
      double mean = 0;
      for (int c = 0; c < width; c++) {
        mean += (double) x[from + c] / width;
      }
      double variance = 0;
      for (int c = 0; c < width; c++) {
        variance += (x[from + c] - mean) * (x[from + c] - mean) / width;
      }
      double scale = 1 / Math.sqrt(variance + EPSILON);
      for (int c = 0; c < width; c++) {
        out[from + c] = (x[from + c] - mean) * scale;
      }
    }
    return out;
  }
}
