package dev.sampo.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.Pixels;
import java.nio.file.Path;

/**
 * What an image processor of transformers does to a picture before an encoder sees it: scaled, the middle cut out, bytes multiplied, each
 * channel normalised; each step as its key says. The keys are those of {@code CLIPImageProcessor}, {@code SiglipImageProcessor} and their
 * like, in {@code processor_config.json} (transformers 5) or {@code preprocessor_config.json}.
 *
 * @param size how the picture is scaled; null to leave it as it is
 * @param resample the filter
 * @param cropHeightPx height of the cut; 0 for none
 * @param cropWidthPx width of the cut
 * @param factor what bytes are multiplied with
 * @param mean what is then subtracted from each channel
 * @param std what each channel is divided by
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
record ImagePreparation(
    @org.jspecify.annotations.Nullable Size size,
    Resample resample,
    int cropHeightPx,
    int cropWidthPx,
    double factor,
    double[] mean,
    double[] std) {
  private static final int USUAL_EDGE = 224;
  private static final double[] CLIP_MEAN = {0.48145466, 0.4578275, 0.40821073};
  private static final double[] CLIP_STD = {0.26862954, 0.26130258, 0.27577711};
  private static final double[] HALF = {0.5, 0.5, 0.5};

  /**
   * How a picture is scaled: to an edge with its shape kept, or to a height and a width.
   *
   * @param shortestPx the shorter side; 0 where the others say
   * @param longestPx what the longer side must not exceed; 0 for no limit
   * @param heightPx the height, or the most it may be
   * @param widthPx the width, or the most it may be
   * @param within whether height and width are limits and the shape is kept
   */
  record Size(int shortestPx, int longestPx, int heightPx, int widthPx, boolean within) {
    /** Height and width of a scaled picture. */
    int[] of(int height, int width) {
      if (within) {
        double ratio = Math.min((double) heightPx / height, (double) widthPx / width);
        return new int[] {(int) (height * ratio), (int) (width * ratio)};
      }
      if (shortestPx == 0) {
        return new int[] {heightPx, widthPx};
      }
      int shorter = Math.min(height, width);
      int longer = Math.max(height, width);
      int edge = shortestPx;
      if (longestPx > 0 && (double) longer / shorter * edge > longestPx) {
        edge = (int) Math.rint((double) longestPx * shorter / longer);
      }
      int other = (int) ((double) edge * longer / shorter);
      return width <= height ? new int[] {other, edge} : new int[] {edge, other};
    }
  }

  /**
   * A picture as a graph takes it.
   *
   * @param heightPx rows
   * @param widthPx columns
   * @param values {@code [3, height, width]}
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  record Prepared(int heightPx, int widthPx, float[] values) {
    boolean sameSize(Prepared other) {
      return heightPx == other.heightPx && widthPx == other.widthPx;
    }
  }

  /** Of a folder's files. */
  static ImagePreparation of(ModelFolder folder) {
    JsonNode processor = folder.jsonOrEmpty("processor_config.json").path("image_processor");
    String name = processor.isObject() ? "processor_config.json" : "preprocessor_config.json";
    JsonNode config =
        processor.isObject() ? processor : folder.jsonOrEmpty("preprocessor_config.json");
    return of(config, folder.root().resolve(name));
  }

  static ImagePreparation of(JsonNode config, Path file) {
    String type =
        config.path("image_processor_type").asText(config.path("feature_extractor_type").asText());
    boolean clip = type.isEmpty() || type.startsWith("CLIP") || type.startsWith("ChineseCLIP");
    Size size =
        config.path("do_resize").asBoolean(true) ? size(config.path("size"), clip, file) : null;
    int[] crop = {0, 0};
    if (config.path("do_center_crop").asBoolean(clip)) {
      JsonNode json = config.path("crop_size");
      int edge =
          json.isInt()
              ? json.asInt()
              : size != null && size.shortestPx > 0 ? size.shortestPx : USUAL_EDGE;
      crop[0] = positive(file, "crop_size", json.path("height").asInt(edge));
      crop[1] = positive(file, "crop_size", json.path("width").asInt(edge));
    }
    boolean normalises = config.path("do_normalize").asBoolean(true);
    return new ImagePreparation(
        size,
        Resample.of(config.path("resample").asInt(clip || type.startsWith("Siglip") ? 3 : 2), file),
        crop[0],
        crop[1],
        config.path("do_rescale").asBoolean(true)
            ? config.path("rescale_factor").asDouble(1 / 255.0)
            : 1,
        normalises ? channels(config.path("image_mean"), clip ? CLIP_MEAN : HALF) : new double[3],
        normalises
            ? channels(config.path("image_std"), clip ? CLIP_STD : HALF)
            : new double[] {1, 1, 1});
  }

  private static Size size(JsonNode json, boolean clip, Path file) {
    if (json.isInt()) {
      int edge = positive(file, "size", json.asInt());
      return clip ? new Size(edge, 0, 0, 0, false) : new Size(0, 0, edge, edge, false);
    }
    if (json.has("shortest_edge")) {
      int shortest = positive(file, "size.shortest_edge", json.path("shortest_edge").asInt());
      return new Size(shortest, json.path("longest_edge").asInt(0), 0, 0, false);
    }
    if (json.has("max_height") && json.has("max_width")) {
      return new Size(
          0,
          0,
          positive(file, "size.max_height", json.path("max_height").asInt()),
          positive(file, "size.max_width", json.path("max_width").asInt()),
          true);
    }
    if (json.has("height") && json.has("width")) {
      return new Size(
          0,
          0,
          positive(file, "size.height", json.path("height").asInt()),
          positive(file, "size.width", json.path("width").asInt()),
          false);
    }
    if (json.isObject() && json.size() > 0) {
      throw new ModelException(
          file,
          "size in "
              + file
              + " is "
              + json
              + "; wanted shortest_edge, height and width, or max_height and max_width.");
    }
    return clip
        ? new Size(USUAL_EDGE, 0, 0, 0, false)
        : new Size(0, 0, USUAL_EDGE, USUAL_EDGE, false);
  }

  private static int positive(Path file, String key, int value) {
    if (value < 1 || value > 1 << 14) {
      throw new ModelException(
          file, key + " in " + file + " is " + value + ", wanted 1 to 16384 pixels.");
    }
    return value;
  }

  private static double[] channels(JsonNode json, double[] otherwise) {
    double[] out = otherwise.clone();
    for (int c = 0; c < 3; c++) {
      out[c] = json.isNumber() ? json.asDouble() : json.path(c).asDouble(out[c]);
    }
    return out;
  }

  /** The height that pictures have where it is known before. */
  int heightPx() {
    return cropHeightPx > 0
        ? cropHeightPx
        : size == null ? USUAL_EDGE : Math.max(size.heightPx, size.shortestPx);
  }

  /** The width that pictures have where it is known before. */
  int widthPx() {
    return cropWidthPx > 0
        ? cropWidthPx
        : size == null ? USUAL_EDGE : Math.max(size.widthPx, size.shortestPx);
  }

  /** The picture as a graph takes it. */
  Prepared prepare(Pixels image) {
    Pixels rgb = image.withChannels(3);
    int[] scaled =
        size == null
            ? new int[] {rgb.heightPx(), rgb.widthPx()}
            : size.of(rgb.heightPx(), rgb.widthPx());
    int h = Math.max(1, scaled[0]);
    int w = Math.max(1, scaled[1]);
    int[] pixels = resample.scale(rgb, w, h);
    int outHeight = cropHeightPx > 0 ? cropHeightPx : h;
    int outWidth = cropWidthPx > 0 ? cropWidthPx : w;
    int top = start(h, outHeight);
    int left = start(w, outWidth);
    float[] out = new float[3 * outHeight * outWidth];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < outHeight; y++) {
        for (int x = 0; x < outWidth; x++) {
          boolean inside = y + top >= 0 && y + top < h && x + left >= 0 && x + left < w;
          double value = inside ? pixels[((y + top) * w + x + left) * 3 + c] * factor : 0;
          out[(c * outHeight + y) * outWidth + x] = (float) ((value - mean[c]) / std[c]);
        }
      }
    }
    return new Prepared(outHeight, outWidth, out);
  }

  /** Where a cut begins; before the picture where that is smaller, which is then padded with zeros as torchvision does. */
  private static int start(int there, int wanted) {
    return wanted > there ? -((wanted - there) / 2) : (there - wanted) / 2;
  }
}
