package dev.sampo.picture;

import dev.sampo.internal.Batched;
import dev.sampo.specs.ImageFormat;
import java.util.Arrays;

/** Cuts tiles out of pictures, and lays what became of them over each other with weights that rise across the overlap. */
final class TileBlend {
  private final PictureBatch pictures;
  private final int scale;
  private final int overlapPx;
  private final int height;
  private final int width;
  private int outChannels;
  private float[] sums = new float[0];
  private final float[] weights;

  TileBlend(PictureBatch pictures, int scale, int overlapPx) {
    this.pictures = pictures;
    this.scale = scale;
    this.overlapPx = overlapPx;
    this.height = pictures.heightPx() * scale;
    this.width = pictures.widthPx() * scale;
    this.weights = new float[height * width];
  }

  /** A tile of every picture; beyond the edges the last pixels are repeated. */
  float[] cut(int top, int left, int tileHeight, int tileWidth) {
    int planes = pictures.count() * pictures.format().channels();
    float[] data = pictures.unsafe();
    float[] tile = new float[planes * tileHeight * tileWidth];
    int at = 0;
    for (int p = 0; p < planes; p++) {
      for (int y = 0; y < tileHeight; y++) {
        int row = p * pictures.heightPx() + Math.min(top + y, pictures.heightPx() - 1);
        for (int x = 0; x < tileWidth; x++) {
          tile[at++] = data[row * pictures.widthPx() + Math.min(left + x, pictures.widthPx() - 1)];
        }
      }
    }
    return tile;
  }

  void add(Batched.Result result, int top, int left, int tileHeight, int tileWidth) {
    long[] shape = result.rowShape();
    if (shape.length != 3
        || shape[1] != (long) tileHeight * scale
        || shape[2] != (long) tileWidth * scale) {
      throw new IllegalStateException(
          "A tile of "
              + tileHeight
              + "x"
              + tileWidth
              + " became "
              + Arrays.toString(shape)
              + ", wanted "
              + tileHeight * scale
              + "x"
              + tileWidth * scale
              + ". Set \"scale\" in sampo.json, or use sizes that the net keeps.");
    }
    if (sums.length == 0) {
      outChannels = (int) shape[0];
      sums = new float[pictures.count() * outChannels * height * width];
    }
    float[] down = ramp(top * scale, tileHeight * scale, height);
    float[] across = ramp(left * scale, tileWidth * scale, width);
    int rows = Math.min(tileHeight * scale, height - top * scale);
    int columns = Math.min(tileWidth * scale, width - left * scale);
    for (int y = 0; y < rows; y++) {
      int to = (top * scale + y) * width + left * scale;
      for (int x = 0; x < columns; x++) {
        weights[to + x] += down[y] * across[x];
      }
      for (int p = 0; p < pictures.count() * outChannels; p++) {
        int from = (p * tileHeight * scale + y) * tileWidth * scale;
        for (int x = 0; x < columns; x++) {
          sums[p * height * width + to + x] += down[y] * across[x] * result.values()[from + x];
        }
      }
    }
  }

  /**
   * Weights along one axis: 1, and at ends that lie inside the picture 0 over a quarter of the overlap (where the net saw the edge of the
   * tile), then rising linearly over half of it.
   */
  private float[] ramp(int start, int length, int whole) {
    float[] ramp = new float[length];
    double overlap = overlapPx * scale;
    for (int i = 0; i < length; i++) {
      double weight = 1;
      if (start > 0) {
        weight = Math.min(weight, (i + 0.5 - overlap / 4) / (overlap / 2));
      }
      if (start + length < whole) {
        weight = Math.min(weight, (length - i - 0.5 - overlap / 4) / (overlap / 2));
      }
      ramp[i] = (float) Math.max(0, weight);
    }
    return ramp;
  }

  PictureBatch result() {
    int plane = height * width;
    for (int i = 0; i < sums.length; i++) {
      sums[i] /= weights[i % plane];
    }
    ImageFormat in = pictures.format();
    ImageFormat out = new ImageFormat(outChannels, height, width, in.low(), in.high());
    return PictureBatch.owning(pictures.count(), height, width, out, sums);
  }
}
