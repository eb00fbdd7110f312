package dev.sampo.samplers.diffusion.math;

/** Weighted sums of whole samples, one pass each, in double and rounded once. {@code out} may be any of the inputs. */
public final class Mix {
  private Mix() {}

  public static void into(float[] out, double a, float[] x, double b, float[] y) {
    for (int j = 0; j < out.length; j++) {
      out[j] = (float) (a * x[j] + b * y[j]);
    }
  }

  public static void into(
      float[] out, double a, float[] x, double b, float[] y, double c, float[] z) {
    for (int j = 0; j < out.length; j++) {
      out[j] = (float) (a * x[j] + b * y[j] + c * z[j]);
    }
  }

  public static void into(
      float[] out,
      double a,
      float[] x,
      double b,
      float[] y,
      double c,
      float[] z,
      double d,
      float[] w) {
    for (int j = 0; j < out.length; j++) {
      out[j] = (float) (a * x[j] + b * y[j] + c * z[j] + d * w[j]);
    }
  }

  /** out = a x + sum of weights[k] terms[k], in one pass. */
  public static void sum(
      float[] out, double a, float[] x, double[] weights, float[][] terms, int count) {
    switch (count) {
      case 0 -> scale(out, a, x);
      case 1 -> into(out, a, x, weights[0], terms[0]);
      case 2 -> into(out, a, x, weights[0], terms[0], weights[1], terms[1]);
      case 3 -> into(out, a, x, weights[0], terms[0], weights[1], terms[1], weights[2], terms[2]);
      case 4 -> four(out, a, x, weights, terms);
      default -> many(out, a, x, weights, terms, count);
    }
  }

  private static void four(float[] out, double a, float[] x, double[] weights, float[][] terms) {
    double b = weights[0];
    double c = weights[1];
    double d = weights[2];
    double e = weights[3];
    float[] y = terms[0];
    float[] z = terms[1];
    float[] w = terms[2];
    float[] v = terms[3];
    for (int j = 0; j < out.length; j++) {
      out[j] = (float) (a * x[j] + b * y[j] + c * z[j] + d * w[j] + e * v[j]);
    }
  }

  private static void many(
      float[] out, double a, float[] x, double[] weights, float[][] terms, int count) {
    for (int j = 0; j < out.length; j++) {
      double total = a * x[j];
      for (int k = 0; k < count; k++) {
        total += weights[k] * terms[k][j];
      }
      out[j] = (float) total;
    }
  }

  public static void scale(float[] out, double a, float[] x) {
    if (a == 1.0) {
      System.arraycopy(x, 0, out, 0, out.length);
      return;
    }
    for (int j = 0; j < out.length; j++) {
      out[j] = (float) (a * x[j]);
    }
  }
}
