package dev.sampo.imaging;

import dev.sampo.picture.Pixels;
import java.awt.image.Raster;

/**
 * JPEGs of four inks to red, green and blue, as Pillow converts them: Adobe's files hold the inks inverted; those stored as luminance,
 * chrominance and black are brought back first (ITU T.871's matrix), and r = (255 - k) - c (255 - k) / 255.
 */
final class Inks {
  private static final int YCCK = 2;

  private Inks() {}

  static Pixels toRgb(Raster raster, int adobe) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] out = new byte[width * height * 3];
    int[] row = new int[width * 4];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        pixel(row, 4 * x, adobe, out, (y * width + x) * 3);
      }
    }
    return Pixels.ofBytes(width, height, 3, out);
  }

  private static void pixel(int[] in, int at, int adobe, byte[] out, int to) {
    int[] ink = {in[at], in[at + 1], in[at + 2]};
    if (adobe == YCCK) {
      double luma = in[at];
      double blue = in[at + 1] - 128;
      double red = in[at + 2] - 128;
      ink[0] = 255 - clamp(luma + 1.402 * red);
      ink[1] = 255 - clamp(luma - 0.344136286 * blue - 0.714136286 * red);
      ink[2] = 255 - clamp(luma + 1.772 * blue);
    }
    boolean inverted = adobe != JpegFile.NO_ADOBE;
    int black = inverted ? 255 - in[at + 3] : in[at + 3];
    int light = 255 - black;
    for (int c = 0; c < 3; c++) {
      int share = inverted ? 255 - ink[c] : ink[c];
      // A product of two bytes over 255, rounded without a division.
      int product = share * light + 128;
      int scaled = (product + (product >> 8)) >> 8;
      out[to + c] = (byte) Math.max(0, light - scaled);
    }
  }

  private static int clamp(double value) {
    return (int) Math.max(0, Math.min(255, Math.rint(value)));
  }
}
