package dev.sampo.embedding;

import dev.sampo.error.RequestException;

/** Arithmetic of embedding vectors. */
public final class Vectors {
  private Vectors() {}

  /** The cosine of the angle between two vectors; 0 if one is zero. */
  public static double cosine(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new RequestException(
          null, "Vectors of " + a.length + " and " + b.length + " components cannot be compared.");
    }
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return aa == 0 || bb == 0 ? 0 : dot / Math.sqrt(aa * bb);
  }

  /** Scales a vector to length 1, in place; a zero vector stays. */
  public static void normalise(float[] vector) {
    double sum = 0;
    for (float value : vector) {
      sum += (double) value * value;
    }
    double length = Math.max(1e-12, Math.sqrt(sum));
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) (vector[i] / length);
    }
  }
}
