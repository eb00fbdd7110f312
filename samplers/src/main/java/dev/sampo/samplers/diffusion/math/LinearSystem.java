package dev.sampo.samplers.diffusion.math;

/** Gauss elimination with pivoting for the few equations of a multistep method. */
public final class LinearSystem {
  private LinearSystem() {}

  /** Solves the n x n system whose right-hand side is column n; the matrix is destroyed. */
  public static void solve(double[][] a, int n, double[] out) {
    for (int col = 0; col < n; col++) {
      int pivot = col;
      for (int row = col + 1; row < n; row++) {
        if (Math.abs(a[row][col]) > Math.abs(a[pivot][col])) {
          pivot = row;
        }
      }
      double[] kept = a[col];
      a[col] = a[pivot];
      a[pivot] = kept;
      for (int row = col + 1; row < n; row++) {
        double factor = a[row][col] / a[col][col];
        for (int k = col; k <= n; k++) {
          a[row][k] -= factor * a[col][k];
        }
      }
    }
    for (int row = n - 1; row >= 0; row--) {
      double sum = a[row][n];
      for (int k = row + 1; k < n; k++) {
        sum -= a[row][k] * out[k];
      }
      out[row] = sum / a[row][row];
    }
  }
}
