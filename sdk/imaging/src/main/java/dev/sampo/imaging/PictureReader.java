package dev.sampo.imaging;

import dev.sampo.picture.Pixels;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes PNG and JPEG by the JDK, as Pillow sees them: values as stored, without gamma and profiles, turned upright by their Exif
 * orientation. Of 16 bits the upper 8 count; 16-bit grey is cut off at 255, as Pillow's conversion of its mode I;16 cuts it.
 */
final class PictureReader {
  private PictureReader() {}

  static Pixels png(Path file, byte[] bytes) throws IOException {
    PngFile png = PngFile.of(file, bytes);
    Pictures.checkSize(file, png.widthPx(), png.heightPx());
    BufferedImage image;
    try {
      image = read("png", png.pixelsOnly()).read(0);
    } catch (IOException | RuntimeException e) {
      throw new IOException(file + " is a damaged PNG: " + e.getMessage(), e);
    }
    return Orientation.of(png.exif()).upright(pixels(image, png.bitDepth()));
  }

  private static Pixels pixels(BufferedImage image, int bits) {
    Raster raster = image.getRaster();
    int width = raster.getWidth();
    int height = raster.getHeight();
    if (image.getColorModel() instanceof IndexColorModel colours) {
      return byPalette(raster, colours, bits);
    }
    int bands = raster.getNumBands();
    int channels = bands == 2 ? 4 : bands;
    byte[] out = new byte[width * height * channels];
    int[] row = new int[width * bands];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int at = (y * width + x) * channels;
        for (int c = 0; c < channels; c++) {
          int band = bands == 2 ? (c == 3 ? 1 : 0) : c;
          int value = row[x * bands + band];
          int low = bands == 1 ? Math.min(255, value) : value >> 8;
          out[at + c] = (byte) (bits == 16 ? low : value);
        }
      }
    }
    return Pixels.ofBytes(width, height, channels, out);
  }

  /** A palette, or grey of fewer than 8 bits, which the JDK gives as one. */
  private static Pixels byPalette(Raster raster, IndexColorModel colours, int bits) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    boolean grey = bits < 8 && isGrey(colours);
    int channels = colours.hasAlpha() ? 4 : grey ? 1 : 3;
    byte[] out = new byte[width * height * channels];
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      raster.getSamples(0, y, width, 1, 0, row);
      for (int x = 0; x < width; x++) {
        int argb = colours.getRGB(row[x]);
        int at = (y * width + x) * channels;
        for (int c = 0; c < channels; c++) {
          out[at + c] = (byte) (argb >>> (c == 3 ? 24 : 16 - 8 * c));
        }
      }
    }
    return Pixels.ofBytes(width, height, channels, out);
  }

  private static boolean isGrey(IndexColorModel colours) {
    for (int i = 0; i < colours.getMapSize(); i++) {
      if (colours.getRed(i) != colours.getGreen(i) || colours.getRed(i) != colours.getBlue(i)) {
        return false;
      }
    }
    return true;
  }

  static Pixels jpeg(Path file, byte[] bytes) throws IOException {
    JpegFile jpeg = JpegFile.of(file, bytes);
    Pictures.checkSize(file, jpeg.widthPx(), jpeg.heightPx());
    try {
      ImageReader reader = read("jpeg", jpeg.withoutProfile());
      Pixels pixels =
          jpeg.components() == 4
              ? Inks.toRgb(reader.readRaster(0, null), jpeg.adobe())
              : pixels(reader.read(0), 8);
      return Orientation.of(jpeg.exif()).upright(pixels);
    } catch (IOException | RuntimeException e) {
      throw new IOException(
          file + " is a JPEG that cannot be decoded (" + e.getMessage() + "). Convert it to PNG.",
          e);
    }
  }

  private static ImageReader read(String format, byte[] bytes) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
    if (!readers.hasNext()) {
      throw new IOException("this JDK has no decoder for " + format);
    }
    ImageReader reader = readers.next();
    reader.setInput(new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes)), true, true);
    return reader;
  }
}
