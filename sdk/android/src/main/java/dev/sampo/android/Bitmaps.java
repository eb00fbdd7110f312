package dev.sampo.android;

import android.graphics.Bitmap;
import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures as {@link Bitmap}, and bitmaps as pictures. Rows go through one {@code int[]}, so a picture of 12 megapixels costs no second
 * copy of it as colours.
 *
 * <pre>{@code
 * imageView.setImageBitmap(Bitmaps.of(result.pictures().pixels(0)));
 * }</pre>
 *
 * <p>Android keeps the colours of a picture with alpha premultiplied. Opaque pictures come back as they went in; where alpha is below 255,
 * a colour may come back rounded, and a transparent pixel comes back black.
 */
public final class Bitmaps {
  private static final int OPAQUE = 0xff000000;

  private Bitmaps() {}

  /** A mutable {@code ARGB_8888} bitmap of the same size; it says itself whether it is opaque. */
  public static Bitmap of(Pixels pixels) {
    Bitmap bitmap =
        Bitmap.createBitmap(pixels.widthPx(), pixels.heightPx(), Bitmap.Config.ARGB_8888);
    bitmap.setHasAlpha(pixels.channels() == 4);
    copy(pixels, bitmap);
    return bitmap;
  }

  /** {@link #of(Pixels)} of every picture. */
  public static List<Bitmap> of(List<Pixels> pictures) {
    List<Bitmap> bitmaps = new ArrayList<>(pictures.size());
    for (Pixels pixels : pictures) {
      bitmaps.add(of(pixels));
    }
    return bitmaps;
  }

  /**
   * Writes a picture into a bitmap that is there already: previews of a running generation then allocate none.
   *
   * @throws RequestException when the sizes differ or the bitmap cannot be written to
   */
  public static void copy(Pixels pixels, Bitmap bitmap) {
    int width = pixels.widthPx();
    int height = pixels.heightPx();
    if (bitmap.getWidth() != width || bitmap.getHeight() != height) {
      throw new RequestException(
          "bitmap",
          "The bitmap is "
              + bitmap.getWidth()
              + "x"
              + bitmap.getHeight()
              + ", the picture "
              + width
              + "x"
              + height
              + ". Make a bitmap of that size, with Bitmaps.of.");
    }
    if (!bitmap.isMutable()) {
      throw new RequestException(
          "bitmap",
          "The bitmap cannot be written to. Copy it first: bitmap.copy(Bitmap.Config.ARGB_8888,"
              + " true).");
    }
    byte[] data = pixels.toBytes();
    int channels = pixels.channels();
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      int from = y * width * channels;
      switch (channels) {
        case 1 -> greyRow(data, from, row);
        case 3 -> rgbRow(data, from, row);
        default -> rgbaRow(data, from, row);
      }
      bitmap.setPixels(row, 0, width, 0, y, width, 1);
    }
  }

  private static void greyRow(byte[] data, int from, int[] row) {
    for (int x = 0; x < row.length; x++) {
      row[x] = OPAQUE | (data[from + x] & 0xff) * 0x010101;
    }
  }

  private static void rgbRow(byte[] data, int from, int[] row) {
    for (int x = 0, i = from; x < row.length; x++, i += 3) {
      row[x] = OPAQUE | (data[i] & 0xff) << 16 | (data[i + 1] & 0xff) << 8 | (data[i + 2] & 0xff);
    }
  }

  private static void rgbaRow(byte[] data, int from, int[] row) {
    for (int x = 0, i = from; x < row.length; x++, i += 4) {
      row[x] =
          (data[i + 3] & 0xff) << 24
              | (data[i] & 0xff) << 16
              | (data[i + 1] & 0xff) << 8
              | (data[i + 2] & 0xff);
    }
  }

  /**
   * The picture of a bitmap of any configuration, in its own size. Networks want theirs: scale first, with {@link
   * Bitmap#createScaledBitmap(Bitmap, int, int, boolean)}.
   *
   * @param channels 1 (luma of ITU-R BT.601), 3 (alpha dropped) or 4 (alpha not premultiplied)
   * @throws RequestException when the channels are others, or the bitmap was recycled
   */
  public static Pixels pixels(Bitmap bitmap, int channels) {
    if (channels != 1 && channels != 3 && channels != 4) {
      throw new RequestException(
          "channels", "A picture has 1, 3 or 4 channels (grey, RGB, RGBA), got " + channels + ".");
    }
    if (bitmap.isRecycled()) {
      throw new RequestException("bitmap", "The bitmap was recycled; its pixels are gone.");
    }
    Bitmap readable = bitmap;
    if (bitmap.getConfig() == Bitmap.Config.HARDWARE) {
      // Pixels in graphics memory cannot be read in place.
      readable = bitmap.copy(Bitmap.Config.ARGB_8888, false);
    }
    int width = readable.getWidth();
    int height = readable.getHeight();
    int wide = channels == 4 ? 4 : 3;
    byte[] data = new byte[Math.multiplyExact(Math.multiplyExact(width, height), wide)];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < height; y++) {
      readable.getPixels(row, 0, width, 0, y, width, 1);
      for (int colour : row) {
        data[at] = (byte) (colour >> 16);
        data[at + 1] = (byte) (colour >> 8);
        data[at + 2] = (byte) colour;
        if (wide == 4) {
          data[at + 3] = (byte) (colour >>> 24);
        }
        at += wide;
      }
    }
    if (readable != bitmap) {
      readable.recycle();
    }
    return Pixels.ofBytes(width, height, wide, data).withChannels(channels);
  }
}
