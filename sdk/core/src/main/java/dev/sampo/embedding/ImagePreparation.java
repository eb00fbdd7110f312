package dev.sampo.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.picture.Pixels;

/**
 * What {@code preprocessor_config.json} does to a picture before CLIP sees it: the shorter side is scaled (bicubic or bilinear, with Pillow's
 * filter, results rounded to bytes between the passes as Pillow does), the middle is cut out, and each channel is normalised.
 *
 * @param shortestEdgePx the shorter side after scaling
 * @param widthPx width of the cut
 * @param heightPx height of the cut
 * @param bicubic the filter; bilinear otherwise
 * @param mean what is subtracted from each channel (0..1)
 * @param std what each channel is divided by
 */
record ImagePreparation(
    int shortestEdgePx, int widthPx, int heightPx, boolean bicubic, double[] mean, double[] std) {
  static ImagePreparation of(JsonNode config) {
    JsonNode size = config.path("size");
    int edge =
        size.isInt()
            ? size.intValue()
            : size.path("shortest_edge").asInt(size.path("height").asInt(224));
    JsonNode crop = config.path("crop_size");
    int height = crop.isInt() ? crop.intValue() : crop.path("height").asInt(edge);
    int width = crop.isInt() ? crop.intValue() : crop.path("width").asInt(edge);
    double[] mean = {0.48145466, 0.4578275, 0.40821073};
    double[] std = {0.26862954, 0.26130258, 0.27577711};
    for (int c = 0; c < 3; c++) {
      mean[c] = config.path("image_mean").path(c).asDouble(mean[c]);
      std[c] = config.path("image_std").path(c).asDouble(std[c]);
    }
    return new ImagePreparation(
        edge, width, height, config.path("resample").asInt(3) == 3, mean, std);
  }

  /** The picture as [3, height, width]. */
  float[] prepare(Pixels image) {
    Pixels rgb = image.withChannels(3);
    int shorter = Math.min(rgb.widthPx(), rgb.heightPx());
    int longer = Math.max(rgb.widthPx(), rgb.heightPx());
    int scaled = (int) ((double) shortestEdgePx * longer / shorter);
    int w = rgb.widthPx() <= rgb.heightPx() ? shortestEdgePx : scaled;
    int h = rgb.widthPx() <= rgb.heightPx() ? scaled : shortestEdgePx;
    int[] pixels = scale(rgb, w, h);
    int left = Math.floorDiv(w - widthPx, 2);
    int top = Math.floorDiv(h - heightPx, 2);
    float[] out = new float[3 * heightPx * widthPx];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < heightPx; y++) {
        for (int x = 0; x < widthPx; x++) {
          boolean inside = y + top >= 0 && y + top < h && x + left >= 0 && x + left < w;
          double value = inside ? pixels[((y + top) * w + x + left) * 3 + c] / 255.0 : 0;
          out[(c * heightPx + y) * widthPx + x] = (float) ((value - mean[c]) / std[c]);
        }
      }
    }
    return out;
  }

  /** Rows first, then columns, as Pillow. */
  private int[] scale(Pixels image, int w, int h) {
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
    double stretch = Math.max(1, ratio);
    double support = (bicubic ? 2.0 : 1.0) * stretch;
    for (int i = 0; i < wanted; i++) {
      double center = (i + 0.5) * ratio;
      int low = Math.max(0, (int) (center - support + 0.5));
      int high = Math.min(from, (int) (center + support + 0.5));
      double[] weights = new double[high - low];
      double sum = 0;
      for (int k = 0; k < weights.length; k++) {
        weights[k] = filter((k + low - center + 0.5) / stretch);
        sum += weights[k];
      }
      for (int line = 0; line < lines; line++) {
        for (int c = 0; c < 3; c++) {
          double value = 0;
          for (int k = 0; k < weights.length; k++) {
            int at = horizontal ? line * w + low + k : (low + k) * w + line;
            value += source[at * 3 + c] * weights[k] / sum;
          }
          int target = horizontal ? line * wanted + i : i * w + line;
          out[target * 3 + c] = (int) Math.max(0, Math.min(255, Math.floor(value + 0.5)));
        }
      }
    }
    return out;
  }

  private double filter(double x) {
    double a = -0.5;
    double d = Math.abs(x);
    if (!bicubic) {
      return Math.max(0, 1 - d);
    }
    if (d < 1) {
      return ((a + 2) * d - (a + 3)) * d * d + 1;
    }
    return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
  }
}
