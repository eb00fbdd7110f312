package dev.sampo.picture;

import dev.sampo.error.RequestException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A picture in memory: 8 bits a channel, rows from the top, channels interleaved ({@code [height][width]
 * [channels]}); one channel is grey, three are RGB, four are RGBA (alpha not premultiplied). Immutable,
 * compared by content, and free of {@code java.awt}, so it works on Android too.
 */
public final class Pixels {
  private final int widthPx;
  private final int heightPx;
  private final int channels;
  private final byte[] data;

  private Pixels(int widthPx, int heightPx, int channels, byte[] data) {
    this.widthPx = widthPx;
    this.heightPx = heightPx;
    this.channels = channels;
    this.data = data;
  }

  /**
   * A picture from interleaved bytes, which are copied.
   *
   * @param data {@code heightPx * widthPx * channels} bytes
   * @throws RequestException when a size is not positive, the channels are not 1, 3 or 4, or the
   *     length does not fit
   */
  public static Pixels ofBytes(int widthPx, int heightPx, int channels, byte[] data) {
    checkSize(widthPx, heightPx, channels);
    if (data.length != widthPx * heightPx * channels) {
      throw new RequestException(
          null,
          "A picture of "
              + widthPx
              + "x"
              + heightPx
              + " with "
              + channels
              + " channels holds "
              + widthPx * heightPx * channels
              + " bytes, got "
              + data.length
              + ".");
    }
    return new Pixels(widthPx, heightPx, channels, data.clone());
  }

  /** A picture of one colour; {@code colour} has one value 0..255 a channel. */
  public static Pixels filled(int widthPx, int heightPx, int... colour) {
    checkSize(widthPx, heightPx, colour.length);
    byte[] data = new byte[widthPx * heightPx * colour.length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) colour[i % colour.length];
    }
    return new Pixels(widthPx, heightPx, colour.length, data);
  }

  /**
   * One picture of a batch in a network's layout, {@code [batch, channels, height, width]}. Values are
   * mapped from {@code min..max} to 0..255, clamped, and rounded half to even as NumPy does, so that
   * the bytes equal those of the Python pipelines. NaN becomes 0.
   *
   * @param index which picture of the batch
   * @throws RequestException when the batch is too short or the range is empty
   */
  public static Pixels fromNchw(
      float[] batch, int index, int channels, int heightPx, int widthPx, double min, double max) {
    checkSize(widthPx, heightPx, channels);
    checkRange(min, max);
    int plane = heightPx * widthPx;
    int offset = index * channels * plane;
    if (index < 0 || offset + channels * plane > batch.length) {
      throw new RequestException(
          null,
          "Picture "
              + index
              + " of "
              + channels
              + "x"
              + heightPx
              + "x"
              + widthPx
              + " lies outside a batch of "
              + batch.length
              + " values.");
    }
    byte[] data = new byte[channels * plane];
    for (int c = 0; c < channels; c++) {
      for (int p = 0; p < plane; p++) {
        double unit = (batch[offset + c * plane + p] - min) / (max - min);
        data[p * channels + c] = (byte) (int) Math.rint(255 * Math.min(1, Math.max(0, unit)));
      }
    }
    return new Pixels(widthPx, heightPx, channels, data);
  }

  /**
   * The picture in a network's layout {@code [channels, height, width]}, its bytes mapped from 0..255 to
   * {@code min..max}.
   */
  public float[] toChw(double min, double max) {
    checkRange(min, max);
    int plane = heightPx * widthPx;
    float[] out = new float[channels * plane];
    for (int c = 0; c < channels; c++) {
      for (int p = 0; p < plane; p++) {
        out[c * plane + p] = (float) (min + (data[p * channels + c] & 0xff) / 255.0 * (max - min));
      }
    }
    return out;
  }

  public int widthPx() {
    return widthPx;
  }

  public int heightPx() {
    return heightPx;
  }

  /** 1 (grey), 3 (RGB) or 4 (RGBA). */
  public int channels() {
    return channels;
  }

  /** The value 0..255 of one channel of one pixel. */
  public int at(int x, int y, int channel) {
    return data[(y * widthPx + x) * channels + channel] & 0xff;
  }

  /** A copy of the interleaved bytes. */
  public byte[] toBytes() {
    return data.clone();
  }

  /**
   * The same picture with another number of channels. Grey to colour repeats the value; colour to grey
   * takes the luma of ITU-R BT.601 (as Pillow's {@code convert("L")}); new alpha is opaque; alpha that goes
   * is dropped and the colour values stay as they are.
   */
  public Pixels withChannels(int wanted) {
    if (wanted == channels) {
      return this;
    }
    checkSize(widthPx, heightPx, wanted);
    byte[] out = new byte[widthPx * heightPx * wanted];
    for (int p = 0; p < widthPx * heightPx; p++) {
      for (int c = 0; c < wanted; c++) {
        out[p * wanted + c] = converted(p, c, wanted);
      }
    }
    return new Pixels(widthPx, heightPx, wanted, out);
  }

  private byte converted(int pixel, int channel, int wanted) {
    int at = pixel * channels;
    if (channel == 3) {
      return (byte) 255;
    }
    if (channels == 1) {
      return data[at];
    }
    if (wanted > 1) {
      return data[at + channel];
    }
    int r = data[at] & 0xff;
    int g = data[at + 1] & 0xff;
    int b = data[at + 2] & 0xff;
    return (byte) ((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16);
  }

  /** Every pixel repeated {@code factor} times in both directions: no blur, as small samples are shown. */
  public Pixels enlarged(int factor) {
    if (factor < 1) {
      throw new RequestException(null, "The factor is at least 1, got " + factor + ".");
    }
    int w = widthPx * factor;
    int h = heightPx * factor;
    checkSize(w, h, channels);
    byte[] out = new byte[w * h * channels];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int from = ((y / factor) * widthPx + x / factor) * channels;
        System.arraycopy(data, from, out, (y * w + x) * channels, channels);
      }
    }
    return new Pixels(w, h, channels, out);
  }

  private static void checkRange(double min, double max) {
    if (!(max > min)) {
      throw new RequestException(null, "An empty range of values: " + min + " to " + max + ".");
    }
  }

  private static void checkSize(int widthPx, int heightPx, int channels) {
    if (widthPx < 1 || heightPx < 1) {
      throw new RequestException(
          null, "A picture is at least 1x1, got " + widthPx + "x" + heightPx + ".");
    }
    if (channels != 1 && channels != 3 && channels != 4) {
      throw new RequestException(
          null, "A picture has 1, 3 or 4 channels (grey, RGB, RGBA), got " + channels + ".");
    }
    if ((long) widthPx * heightPx * channels > Integer.MAX_VALUE - 16) {
      throw new RequestException(
          null,
          "A picture of "
              + widthPx
              + "x"
              + heightPx
              + " with "
              + channels
              + " channels is larger than 2 GB. Work on tiles of it.");
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Pixels that
        && widthPx == that.widthPx
        && heightPx == that.heightPx
        && channels == that.channels
        && Arrays.equals(data, that.data);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * widthPx + heightPx) + Arrays.hashCode(data);
  }

  @Override
  public String toString() {
    return "Pixels[" + widthPx + "x" + heightPx + ", " + channels + " channels]";
  }
}
