package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;

/** Latents in rows and columns, for a picture of a latent space. Row by row: {@code grid[r * columns + c]}. */
public final class LatentGrid {
  private LatentGrid() {}

  /**
   * A grid between four corners: interpolated down the left and the right side, then across. The corners are exact.
   *
   * @throws RequestException when there are fewer than 2 rows or columns
   */
  public static float[][] corners(
      float[] topLeft,
      float[] topRight,
      float[] bottomLeft,
      float[] bottomRight,
      int rows,
      int columns,
      Interpolation way) {
    float[][] left = way.path(topLeft, bottomLeft, rows);
    float[][] right = way.path(topRight, bottomRight, rows);
    float[][] grid = new float[rows * columns][];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(way.path(left[r], right[r], columns), 0, grid, r * columns, columns);
    }
    return grid;
  }

  /**
   * The manifold of two dimensions of a VAE with a normal prior: their values are quantiles of N(0, 1) at evenly spaced
   * probabilities, so that each cell stands for the same mass (Kingma and Welling 2013, arXiv:1312.6114, appendix A). The
   * first dimension grows to the right, the second upwards; all others stay as in {@code base}.
   */
  public static float[][] manifold(float[] base, int across, int up, int rows, int columns) {
    checkDimension(base, across);
    checkDimension(base, up);
    if (rows < 1 || columns < 1) {
      throw new RequestException(
          null, "A grid has at least one row and column, got " + rows + "x" + columns + ".");
    }
    float[][] grid = new float[rows * columns][];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        float[] z = base.clone();
        z[across] = (float) Normal.quantile((c + 0.5) / columns);
        z[up] = (float) Normal.quantile((rows - r - 0.5) / rows);
        grid[r * columns + c] = z;
      }
    }
    return grid;
  }

  /** Copies of {@code base} in which one dimension goes evenly from {@code from} to {@code to}, both included. */
  public static float[][] walk(float[] base, int dimension, double from, double to, int count) {
    checkDimension(base, dimension);
    if (count < 2) {
      throw new RequestException(null, "A walk has at least two steps, got " + count + ".");
    }
    float[][] out = new float[count][];
    for (int i = 0; i < count; i++) {
      out[i] = base.clone();
      out[i][dimension] = (float) (from + (to - from) * i / (count - 1));
    }
    return out;
  }

  private static void checkDimension(float[] base, int dimension) {
    if (dimension < 0 || dimension >= base.length) {
      throw new RequestException(
          null,
          "There is no dimension " + dimension + " in a latent of " + base.length + " values.");
    }
  }
}
