package dev.sampo.embedding;

import dev.sampo.error.ModelException;
import dev.sampo.picture.Pixels;
import java.nio.file.Path;

/**
 * Pillow's filters by its numbers. Rows first, then columns, results rounded to bytes between the passes as Pillow does; the filter widens
 * when a picture shrinks.
 */
enum Resample {
  NEAREST(0),
  LANCZOS(3),
  BILINEAR(1),
  BICUBIC(2),
  BOX(0.5),
  HAMMING(1);

  private final double support;

  Resample(double support) {
    this.support = support;
  }

  /** The filter with one of Pillow's numbers, 0 to 5. */
  static Resample of(int number, Path file) {
    if (number < 0 || number >= values().length) {
      throw new ModelException(
          file,
          "resample in " + file + " is " + number + ", wanted one of Pillow's filters, 0 to 5.");
    }
    return values()[number];
  }

  /** The picture in another size, {@code [height, width, 3]}. */
  int[] scale(Pixels image, int w, int h) {
    int[] source = new int[image.widthPx() * image.heightPx() * 3];
    byte[] bytes = image.toBytes();
    for (int i = 0; i < source.length; i++) {
      source[i] = bytes[i] & 0xff;
    }
    int[] wide =
        image.widthPx() == w ? source : pass(source, image.widthPx(), image.heightPx(), w, true);
    return image.heightPx() == h ? wide : pass(wide, w, image.heightPx(), h, false);
  }

  private int[] pass(int[] source, int w, int h, int wanted, boolean horizontal) {
    int from = horizontal ? w : h;
    int lines = horizontal ? h : w;
    int[] out = new int[wanted * lines * 3];
    double ratio = (double) from / wanted;
    for (int i = 0; i < wanted; i++) {
      int low = first(i, ratio);
      double[] weights = weights(i, ratio, low, from);
      for (int line = 0; line < lines; line++) {
        for (int c = 0; c < 3; c++) {
          double value = 0;
          for (int k = 0; k < weights.length; k++) {
            int at = horizontal ? line * w + low + k : (low + k) * w + line;
            value += source[at * 3 + c] * weights[k];
          }
          int target = horizontal ? line * wanted + i : i * w + line;
          out[target * 3 + c] = (int) Math.max(0, Math.min(255, Math.floor(value + 0.5)));
        }
      }
    }
    return out;
  }

  private int first(int i, double ratio) {
    double center = (i + 0.5) * ratio;
    return this == NEAREST
        ? (int) center
        : Math.max(0, (int) (center - support * Math.max(1, ratio) + 0.5));
  }

  private double[] weights(int i, double ratio, int low, int from) {
    if (this == NEAREST) {
      return new double[] {1};
    }
    double stretch = Math.max(1, ratio);
    double center = (i + 0.5) * ratio;
    int high = Math.min(from, (int) (center + support * stretch + 0.5));
    double[] weights = new double[high - low];
    double sum = 0;
    for (int k = 0; k < weights.length; k++) {
      weights[k] = weight((k + low - center + 0.5) / stretch);
      sum += weights[k];
    }
    for (int k = 0; k < weights.length; k++) {
      weights[k] /= sum;
    }
    return weights;
  }

  private double weight(double x) {
    double d = Math.abs(x);
    switch (this) {
      case LANCZOS:
        return d < 3 ? sinc(x) * sinc(x / 3) : 0;
      case BICUBIC:
        double a = -0.5;
        if (d < 1) {
          return ((a + 2) * d - (a + 3)) * d * d + 1;
        }
        return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
      case BOX:
        return x > -0.5 && x <= 0.5 ? 1 : 0;
      case HAMMING:
        return d < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0;
      default:
        return Math.max(0, 1 - d);
    }
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }
}
