package dev.sampo.picture;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.latent.Interpolation;
import dev.sampo.specs.ImageFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pictures as a network sees them: {@code [count, channels, height, width]} in the range of its {@link ImageFormat}; also what networks
 * make pictures of, the latents of a diffusion model (any number of channels, no range of their own). Immutable, compared by content.
 */
public final class PictureBatch {
  private final int count;
  private final int heightPx;
  private final int widthPx;
  private final ImageFormat format;
  private final float[] data;

  private PictureBatch(int count, int heightPx, int widthPx, ImageFormat format, float[] data) {
    this.count = count;
    this.heightPx = heightPx;
    this.widthPx = widthPx;
    this.format = format;
    this.data = data;
  }

  /**
   * Pictures from values in the network's range, which are copied.
   *
   * @throws RequestException when the length does not fit
   */
  public static PictureBatch of(
      int count, int heightPx, int widthPx, ImageFormat format, float[] data) {
    return owning(count, heightPx, widthPx, format, data.clone());
  }

  /**
   * Latents, or pictures in -1..1, from values, which are copied.
   *
   * @param data {@code [count, channels, height, width]}
   * @throws RequestException when the length does not fit
   */
  public static PictureBatch of(int count, int channels, int height, int width, float[] data) {
    return of(count, height, width, new ImageFormat(channels, height, width, -1, 1), data);
  }

  /** As {@link #of} for an array that nobody else will change. */
  static PictureBatch owning(
      int count, int heightPx, int widthPx, ImageFormat format, float[] data) {
    if (data.length != count * format.channels() * heightPx * widthPx) {
      throw new RequestException(
          null,
          count
              + " pictures of "
              + format.channels()
              + "x"
              + heightPx
              + "x"
              + widthPx
              + " hold "
              + count * format.channels() * heightPx * widthPx
              + " values, got "
              + data.length
              + ".");
    }
    return new PictureBatch(count, heightPx, widthPx, format, data);
  }

  /**
   * Pictures from pixels: channels are converted, bytes mapped to the network's range.
   *
   * @throws RequestException when there are none, their sizes differ, or the size is not the network's
   */
  public static PictureBatch ofPixels(List<Pixels> pictures, ImageFormat format) {
    if (pictures.isEmpty()) {
      throw new RequestException(null, "There are no pictures.");
    }
    int width = pictures.get(0).widthPx();
    int height = pictures.get(0).heightPx();
    int size = format.channels() * height * width;
    float[] data = new float[pictures.size() * size];
    for (int i = 0; i < pictures.size(); i++) {
      Pixels p = pictures.get(i);
      boolean fits = format.width() == 0 || p.widthPx() == format.width();
      fits &= format.height() == 0 || p.heightPx() == format.height();
      if (!fits || p.widthPx() != width || p.heightPx() != height) {
        throw new RequestException(
            null,
            "Picture "
                + i
                + " is "
                + p.widthPx()
                + "x"
                + p.heightPx()
                + ", wanted "
                + (format.width() == 0 ? width : format.width())
                + "x"
                + (format.height() == 0 ? height : format.height())
                + " (width x height). Scale it first.");
      }
      float[] chw = p.withChannels(format.channels()).toChw(format.low(), format.high());
      System.arraycopy(chw, 0, data, i * size, size);
    }
    return new PictureBatch(pictures.size(), height, width, format, data);
  }

  /** How many pictures. */
  public int count() {
    return count;
  }

  /** Channels of each. */
  public int channels() {
    return format.channels();
  }

  public int heightPx() {
    return heightPx;
  }

  public int widthPx() {
    return widthPx;
  }

  /** Channels and range. */
  public ImageFormat format() {
    return format;
  }

  /** Values of one picture: channels times height times width. */
  public int pictureSize() {
    return format.channels() * heightPx * widthPx;
  }

  /** A copy of all values, in the network's range. */
  public float[] toArray() {
    return data.clone();
  }

  /** A copy of the values of one picture. */
  public float[] picture(int index) {
    checkIndex(index);
    int size = pictureSize();
    return Arrays.copyOfRange(data, index * size, (index + 1) * size);
  }

  /** A copy of one picture mapped to 0..1 and clamped: what a judge or a Bernoulli likelihood wants. */
  public float[] unitPicture(int index) {
    float[] out = picture(index);
    for (int i = 0; i < out.length; i++) {
      double unit = (out[i] - format.low()) / (format.high() - format.low());
      out[i] = (float) Math.min(1, Math.max(0, unit));
    }
    return out;
  }

  /** One picture as 8-bit pixels. */
  public Pixels pixels(int index) {
    checkIndex(index);
    return Pixels.fromNchw(
        data, index, format.channels(), heightPx, widthPx, format.low(), format.high());
  }

  /** All pictures as 8-bit pixels. */
  public List<Pixels> pixels() {
    List<Pixels> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      out.add(pixels(i));
    }
    return out;
  }

  /** Some of the pictures, in the given order. */
  public PictureBatch select(int... indices) {
    int size = pictureSize();
    float[] out = new float[indices.length * size];
    for (int i = 0; i < indices.length; i++) {
      checkIndex(indices[i]);
      System.arraycopy(data, indices[i] * size, out, i * size, size);
    }
    return new PictureBatch(indices.length, heightPx, widthPx, format, out);
  }

  /** All pictures {@code times} times over, one round after the other. */
  public PictureBatch repeated(int times) {
    float[] out = new float[Math.multiplyExact(data.length, times)];
    for (int k = 0; k < times; k++) {
      System.arraycopy(data, 0, out, k * data.length, data.length);
    }
    return new PictureBatch(Math.multiplyExact(count, times), heightPx, widthPx, format, out);
  }

  /** The same with another number of rows and columns, each value the nearest one. */
  public PictureBatch resized(int newHeight, int newWidth) {
    int planes = count * format.channels();
    float[] out = new float[planes * newHeight * newWidth];
    for (int p = 0; p < planes; p++) {
      for (int y = 0; y < newHeight; y++) {
        int from = (p * heightPx + y * heightPx / newHeight) * widthPx;
        int to = (p * newHeight + y) * newWidth;
        for (int x = 0; x < newWidth; x++) {
          out[to + x] = data[from + x * widthPx / newWidth];
        }
      }
    }
    ImageFormat resized =
        new ImageFormat(format.channels(), newHeight, newWidth, format.low(), format.high());
    return new PictureBatch(count, newHeight, newWidth, resized, out);
  }

  /**
   * A point on the great circle from these values to others, all of the batch taken as one vector: what lies between two noises of a
   * diffusion model. See {@link Interpolation#SPHERICAL}.
   *
   * @param t 0 gives these, 1 the others
   * @throws RequestException when the sizes differ or t lies outside 0..1
   */
  public PictureBatch slerp(PictureBatch other, double t) {
    if (count != other.count
        || format.channels() != other.format.channels()
        || heightPx != other.heightPx
        || widthPx != other.widthPx) {
      throw new RequestException(
          null, "Batches of different sizes cannot be mixed: " + this + " and " + other + ".");
    }
    float[] mixed = Interpolation.SPHERICAL.at(data, other.data, t);
    return new PictureBatch(count, heightPx, widthPx, format, mixed);
  }

  /** The values themselves, for this package: not to be changed. */
  float[] unsafe() {
    return data;
  }

  private void checkIndex(int index) {
    if (index < 0 || index >= count) {
      throw new IndexOutOfBoundsException("There is no picture " + index + " of " + count + ".");
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PictureBatch that
        && count == that.count
        && heightPx == that.heightPx
        && widthPx == that.widthPx
        && format.equals(that.format)
        && Arrays.equals(data, that.data);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * heightPx + widthPx) + Arrays.hashCode(data);
  }

  @Override
  public String toString() {
    return "PictureBatch["
        + count
        + ", "
        + format.channels()
        + ", "
        + heightPx
        + ", "
        + widthPx
        + "]";
  }
}
