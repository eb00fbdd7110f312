package dev.sampo.training.data;

import dev.sampo.error.SampoException;
import dev.sampo.io.NpyArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Pictures of one size with values in 0..1, channel by channel, and a class for each.
 */
public final class PictureSet {
  private final float[][] pictures;
  private final int[] classes;
  private final int channels;
  private final int heightPx;
  private final int widthPx;

  /**
   * @param pictures each of channels x height x width values in 0..1
   * @param classes one a picture; all 0 where there are none
   */
  public PictureSet(float[][] pictures, int[] classes, int channels, int heightPx, int widthPx) {
    this.pictures = pictures.clone();
    this.classes = classes.clone();
    this.channels = channels;
    this.heightPx = heightPx;
    this.widthPx = widthPx;
    if (pictures.length != classes.length) {
      throw new SampoException(
          "There are " + pictures.length + " pictures and " + classes.length + " classes.");
    }
  }

  /**
   * Reads a {@code .npy} file [n, height, width] or [n, channels, height, width], bytes 0..255 or floats 0..1, and the
   * classes of {@code <name>-labels.npy} beside it if that is there.
   */
  public static PictureSet ofNpy(Path file) throws IOException {
    NpyArray array = NpyArray.read(file);
    long[] shape = array.shape();
    if (shape.length != 3 && shape.length != 4) {
      throw new SampoException(
          file
              + " has shape "
              + Arrays.toString(shape)
              + ", wanted [n, height, width] or [n, channels, height, width].");
    }
    int n = (int) shape[0];
    int channels = shape.length == 4 ? (int) shape[1] : 1;
    int height = (int) shape[shape.length - 2];
    int width = (int) shape[shape.length - 1];
    float[] all = array.toFloats();
    float largest = 0;
    for (float v : all) {
      largest = Math.max(largest, v);
      if (!(v >= 0 && v <= 255)) {
        throw new SampoException(
            file + " holds the value " + v + ", wanted bytes 0 to 255 or floats 0 to 1.");
      }
    }
    float scale = largest > 1 ? 1f / 255 : 1;
    int size = channels * height * width;
    float[][] pictures = new float[n][size];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < size; k++) {
        pictures[i][k] = all[i * size + k] * scale;
      }
    }
    return new PictureSet(pictures, labels(file, n), channels, height, width);
  }

  private static int[] labels(Path file, int n) throws IOException {
    String name = String.valueOf(file.getFileName());
    String stem = name.endsWith(".npy") ? name.substring(0, name.length() - 4) : name;
    Path labels = file.resolveSibling(stem + "-labels.npy");
    if (!Files.exists(labels)) {
      return new int[n];
    }
    long[] values = NpyArray.read(labels).toLongs();
    if (values.length != n) {
      throw new SampoException(
          labels
              + " has "
              + values.length
              + " classes for the "
              + n
              + " pictures of "
              + file
              + ".");
    }
    int[] result = new int[n];
    for (int i = 0; i < n; i++) {
      result[i] = (int) values[i];
    }
    return result;
  }

  public int size() {
    return pictures.length;
  }

  public int channels() {
    return channels;
  }

  public int heightPx() {
    return heightPx;
  }

  public int widthPx() {
    return widthPx;
  }

  /** The values of a picture in 0..1. */
  public float[] picture(int index) {
    return pictures[index].clone();
  }

  public int classOf(int index) {
    return classes[index];
  }

  /** Light becomes dark and the other way round. */
  public PictureSet inverted() {
    float[][] result = new float[pictures.length][];
    for (int i = 0; i < result.length; i++) {
      result[i] = pictures[i].clone();
      for (int k = 0; k < result[i].length; k++) {
        result[i][k] = 1 - result[i][k];
      }
    }
    return new PictureSet(result, classes, channels, heightPx, widthPx);
  }

  /** Each row moved sideways by {@code slope} pixels a row, the middle row stays. */
  public PictureSet slanted(double slope) {
    float[][] result = new float[pictures.length][];
    for (int i = 0; i < result.length; i++) {
      result[i] = new float[pictures[i].length];
      for (int k = 0; k < result[i].length; k++) {
        int x = k % widthPx;
        int y = k / widthPx % heightPx;
        double from = x + slope * (y - (heightPx - 1) / 2.0);
        int left = (int) Math.floor(from);
        float share = (float) (from - left);
        result[i][k] =
            (1 - share) * at(pictures[i], k - x, left) + share * at(pictures[i], k - x, left + 1);
      }
    }
    return new PictureSet(result, classes, channels, heightPx, widthPx);
  }

  private float at(float[] picture, int row, int x) {
    return x < 0 || x >= widthPx ? 0 : picture[row + x];
  }

  /** Pictures from..to-1. */
  public PictureSet part(int from, int to) {
    return new PictureSet(
        Arrays.copyOfRange(pictures, from, to),
        Arrays.copyOfRange(classes, from, to),
        channels,
        heightPx,
        widthPx);
  }
}
