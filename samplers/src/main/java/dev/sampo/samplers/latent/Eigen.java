package dev.sampo.samplers.latent;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, section 8.5). Row by
 * row, {@code a[i * n + j]}.
 *
 * @param values one an eigenvector
 * @param vectors in columns
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
record Eigen(double[] values, double[] vectors) {
  private static final int MAX_SWEEPS = 30;

  static Eigen of(double[] matrix, int n) {
    double[] a = matrix.clone();
    double[] v = identity(n);
    for (int sweep = 0; sweep < MAX_SWEEPS && offDiagonal(a, n) > 1e-28 * diagonal(a, n); sweep++) {
      for (int p = 0; p < n - 1; p++) {
        for (int q = p + 1; q < n; q++) {
          rotate(a, v, n, p, q);
        }
      }
    }
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = a[i * n + i];
    }
    return new Eigen(values, v);
  }

  static double[] identity(int n) {
    double[] out = new double[n * n];
    for (int i = 0; i < n; i++) {
      out[i * n + i] = 1;
    }
    return out;
  }

  static double[] multiply(double[] m, double[] x) {
    int n = x.length;
    double[] out = new double[n];
    for (int i = 0; i < n; i++) {
      double sum = 0;
      for (int j = 0; j < n; j++) {
        sum += m[i * n + j] * x[j];
      }
      out[i] = sum;
    }
    return out;
  }

  static double[] multiplyTransposed(double[] m, double[] x) {
    int n = x.length;
    double[] out = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        out[j] += m[i * n + j] * x[i];
      }
    }
    return out;
  }

  private static void rotate(double[] a, double[] v, int n, int p, int q) {
    double apq = a[p * n + q];
    if (apq == 0) {
      return;
    }
    double tau = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    double t = Math.copySign(1, tau) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
    double c = 1 / Math.sqrt(1 + t * t);
    double s = t * c;
    for (int k = 0; k < n; k++) {
      double akp = a[k * n + p];
      double akq = a[k * n + q];
      a[k * n + p] = c * akp - s * akq;
      a[k * n + q] = s * akp + c * akq;
    }
    for (int k = 0; k < n; k++) {
      double apk = a[p * n + k];
      double aqk = a[q * n + k];
      a[p * n + k] = c * apk - s * aqk;
      a[q * n + k] = s * apk + c * aqk;
      double vkp = v[k * n + p];
      double vkq = v[k * n + q];
      v[k * n + p] = c * vkp - s * vkq;
      v[k * n + q] = s * vkp + c * vkq;
    }
  }

  private static double offDiagonal(double[] a, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        sum += a[i * n + j] * a[i * n + j];
      }
    }
    return sum;
  }

  private static double diagonal(double[] a, int n) {
    double sum = Double.MIN_NORMAL;
    for (int i = 0; i < n; i++) {
      sum += a[i * n + i] * a[i * n + i];
    }
    return sum;
  }
}
