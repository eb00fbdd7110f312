package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;
import java.util.Arrays;

/**
 * What StyleGAN does between mapping and synthesis (Karras et al. 2018, arXiv:1812.04948). A style is one w of size {@code
 * wDim}; the synthesis network takes one for each of its layers, {@code [layers][wDim]} row by row.
 */
public final class StyleMixing {
  private StyleMixing() {}

  /** The same w for every layer. */
  public static float[] broadcast(float[] w, int layers) {
    checkLayers(layers);
    float[] out = new float[layers * w.length];
    for (int l = 0; l < layers; l++) {
      System.arraycopy(w, 0, out, l * w.length, w.length);
    }
    return out;
  }

  /**
   * Truncation in W: {@code w' = mean + psi (w - mean)} (appendix B). psi = 1 changes nothing, 0 gives the mean, below 0 the
   * "opposite" of a picture.
   */
  public static float[] truncate(float[] w, float[] mean, double psi) {
    checkSame(w, mean);
    float[] out = new float[w.length];
    for (int i = 0; i < w.length; i++) {
      out[i] = (float) (mean[i] + psi * (w[i] - mean[i]));
    }
    return out;
  }

  /**
   * Truncation of the first {@code cutoff} layers only: coarse layers need it, fine ones gain nothing by it.
   *
   * @param styles {@code [layers][wDim]}
   * @param cutoff how many layers, 0..layers
   */
  public static float[] truncate(float[] styles, float[] mean, double psi, int cutoff) {
    int layers = layers(styles, mean.length);
    if (cutoff < 0 || cutoff > layers) {
      throw new RequestException(
          null, "The cutoff lies in 0.." + layers + " layers, got " + cutoff + ".");
    }
    float[] out = styles.clone();
    for (int l = 0; l < cutoff; l++) {
      int at = l * mean.length;
      float[] w = Arrays.copyOfRange(styles, at, at + mean.length);
      System.arraycopy(truncate(w, mean, psi), 0, out, at, mean.length);
    }
    return out;
  }

  /**
   * Style mixing (section 3.1): layers {@code from} (inclusive) to {@code to} (exclusive) come from {@code donor}, all others from
   * {@code base}. The first layers carry pose and shape, the last ones colour and texture.
   *
   * @param base {@code [layers][wDim]}
   * @param donor {@code [layers][wDim]}
   */
  public static float[] mix(float[] base, float[] donor, int wDim, int from, int to) {
    checkSame(base, donor);
    int layers = layers(base, wDim);
    if (from < 0 || to < from || to > layers) {
      throw new RequestException(
          null,
          "There are layers 0 to "
              + (layers - 1)
              + "; got from "
              + from
              + " to "
              + to
              + " (exclusive).");
    }
    float[] out = base.clone();
    System.arraycopy(donor, from * wDim, out, from * wDim, (to - from) * wDim);
    return out;
  }

  private static int layers(float[] styles, int wDim) {
    if (wDim < 1 || styles.length % wDim != 0 || styles.length == 0) {
      throw new RequestException(
          null, styles.length + " values are not some layers of " + wDim + " values each.");
    }
    return styles.length / wDim;
  }

  private static void checkLayers(int layers) {
    if (layers < 1) {
      throw new RequestException(null, "There is at least one layer, got " + layers + ".");
    }
  }

  private static void checkSame(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new RequestException(
          null, "The styles have " + a.length + " and " + b.length + " values; wanted the same.");
    }
  }
}
