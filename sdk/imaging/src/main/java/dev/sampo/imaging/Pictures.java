package dev.sampo.imaging;

import dev.sampo.error.RequestException;
import dev.sampo.io.AtomicFile;
import dev.sampo.picture.Pixels;
import java.awt.AlphaComposite;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.apache.commons.imaging.ImageFormat;
import org.apache.commons.imaging.ImageFormats;
import org.apache.commons.imaging.Imaging;
import org.apache.commons.imaging.bytesource.ByteSource;
import org.apache.commons.imaging.formats.png.AbstractPngText;
import org.apache.commons.imaging.formats.png.PngImageInfo;
import org.apache.commons.imaging.formats.png.PngImageParser;
import org.apache.commons.imaging.formats.png.PngImagingParameters;

/**
 * Reads and writes picture files: writes PNG and its text through Apache Commons Imaging, reads PNG and JPEG through the JDK (Commons
 * Imaging applies a PNG's gamma, refuses some profiles and progressive JPEG). Files appear whole or not at all.
 */
public final class Pictures {
  /** More pixels than this are refused before any memory is taken: a small file can claim to be huge. */
  public static final long MAX_PIXELS = 100_000_000;

  private static final long MAX_FILE_BYTES = 1L << 30;
  private static final int MAX_KEYWORD_LENGTH = 79;

  private Pictures() {}

  /** Writes a PNG without metadata; see {@link #writePng(Path, Pixels, Map)}. */
  public static void writePng(Path file, Pixels picture) throws IOException {
    writePng(file, picture, Map.of());
  }

  /**
   * Writes a PNG: grey for one channel, RGB for three, RGBA for four (RGB where every pixel is opaque).
   *
   * @param text metadata by keyword, in this order: a {@code tEXt} chunk where the text is Latin-1, else an
   *     {@code iTXt} chunk. A keyword has 1 to 79 Latin-1 characters, no space at its ends.
   * @throws RequestException when a keyword is not allowed
   * @throws IOException when the file cannot be written
   */
  public static void writePng(Path file, Pixels picture, Map<String, String> text)
      throws IOException {
    PngImagingParameters parameters = new PngImagingParameters();
    parameters.setForceTrueColor(picture.channels() > 1);
    parameters.setTextChunks(textChunks(text));
    BufferedImage image = toBufferedImage(picture);
    AtomicFile.write(file, out -> new PngImageParser().writeImage(image, out, parameters));
  }

  /**
   * Writes one picture of a batch {@code [batch, channels, height, width]} with values {@code min..max}; see
   * {@link Pixels#fromNchw}.
   */
  public static void writePng(
      Path file,
      float[] batch,
      int index,
      int channels,
      int heightPx,
      int widthPx,
      double min,
      double max)
      throws IOException {
    writePng(file, Pixels.fromNchw(batch, index, channels, heightPx, widthPx, min, max));
  }

  /** The bytes of a PNG file of a picture, as the JDK writes it, without text. */
  public static byte[] png(Pixels picture) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      if (!ImageIO.write(toBufferedImage(picture), "png", stream)) {
        throw new IllegalStateException("This Java writes no PNG");
      }
    }
    return out.toByteArray();
  }

  /**
   * Reads a PNG or JPEG as Pillow does: values as stored, whatever gamma or colour profile the file names, and upright by its Exif
   * orientation. A grey file gives one channel, one with transparency four, any other three; use {@link Pixels#withChannels} to get what
   * a network wants. 16-bit grey is cut off at 255, as Pillow cuts it.
   *
   * @throws IOException when the file is missing, damaged, too large, or of another format
   */
  public static Pixels read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("There is no file " + file + ".");
    }
    return decode(file, bytes(file));
  }

  /**
   * Reads a PNG or JPEG that lies in memory, as {@link #read(Path)} reads a file.
   *
   * @throws IOException when it is damaged, too large, or of another format
   */
  public static Pixels read(byte[] bytes) throws IOException {
    return decode(Path.of("picture"), bytes);
  }

  private static Pixels decode(Path file, byte[] bytes) throws IOException {
    if (PngFile.isPng(bytes)) {
      return PictureReader.png(file, bytes);
    }
    if (JpegFile.isJpeg(bytes)) {
      return PictureReader.jpeg(file, bytes);
    }
    String format = formatName(bytes);
    throw new IOException(
        file
            + " is no PNG or JPEG file"
            + (format.isEmpty() ? "" : " but " + format)
            + ". Convert it to PNG.");
  }

  private static byte[] bytes(Path file) throws IOException {
    long size = Files.size(file);
    if (size > MAX_FILE_BYTES) {
      throw new IOException(
          file + " has " + size + " bytes; pictures of at most " + MAX_FILE_BYTES + " are read.");
    }
    return Files.readAllBytes(file);
  }

  private static String formatName(byte[] bytes) {
    try {
      ImageFormat format = Imaging.guessFormat(bytes);
      return format == ImageFormats.UNKNOWN ? "" : format.getName();
    } catch (IOException | RuntimeException e) {
      return "";
    }
  }

  /**
   * The text metadata of a PNG ({@code tEXt}, {@code zTXt} and {@code iTXt}) by keyword, those of one kind of chunk in
   * file order; of repeated keywords the last counts.
   *
   * @throws IOException when the file is no PNG or is damaged
   */
  public static Map<String, String> readPngText(Path file) throws IOException {
    Map<String, String> text = new LinkedHashMap<>();
    try {
      byte[] png = PngFile.of(file, bytes(file)).textOnly();
      PngImageInfo info =
          (PngImageInfo)
              new PngImageParser().getImageInfo(ByteSource.array(png), new PngImagingParameters());
      for (AbstractPngText chunk : info.getTextChunks()) {
        text.put(chunk.keyword, chunk.text);
      }
    } catch (RuntimeException e) {
      throw new IOException(file + " cannot be read as PNG: " + e.getMessage(), e);
    }
    return text;
  }

  /** The picture as AWT's image (ARGB for four channels, else RGB). */
  public static BufferedImage toBufferedImage(Pixels picture) {
    int width = picture.widthPx();
    int height = picture.heightPx();
    int channels = picture.channels();
    // Grey goes through RGB: getRGB of TYPE_BYTE_GRAY applies a gamma curve and would change the
    // values.
    BufferedImage image =
        new BufferedImage(
            width,
            height,
            channels == 4 ? BufferedImage.TYPE_INT_ARGB : BufferedImage.TYPE_INT_RGB);
    byte[] data = picture.toBytes();
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        row[x] = argb(data, (y * width + x) * channels, channels);
      }
      image.setRGB(0, y, width, 1, row, 0, width);
    }
    return image;
  }

  /**
   * AWT's image with the wanted number of channels (1, 3 or 4); of a coloured image one channel keeps the red. The values
   * of a grey image are taken as they lie: {@code getRGB} would apply a gamma curve to them.
   */
  public static Pixels fromBufferedImage(BufferedImage image, int channels) {
    if (image.getType() == BufferedImage.TYPE_BYTE_GRAY) {
      return grey(image).withChannels(channels);
    }
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] data = new byte[width * height * channels];
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++) {
        int at = (y * width + x) * channels;
        data[at] = (byte) (row[x] >> 16);
        if (channels >= 3) {
          data[at + 1] = (byte) (row[x] >> 8);
          data[at + 2] = (byte) row[x];
        }
        if (channels == 4) {
          data[at + 3] = (byte) (row[x] >>> 24);
        }
      }
    }
    return Pixels.ofBytes(width, height, channels, data);
  }

  /**
   * The picture in another size, bilinear; a much smaller one is reached by halves, so that every pixel counts. The
   * proportions may change.
   *
   * @throws RequestException when a size is not positive
   */
  public static Pixels scaled(Pixels picture, int widthPx, int heightPx) {
    if (widthPx < 1 || heightPx < 1) {
      throw new RequestException(
          null, "A picture has at least 1x1 pixel, wanted " + widthPx + "x" + heightPx + ".");
    }
    BufferedImage image = toBufferedImage(picture);
    while (image.getWidth() != widthPx || image.getHeight() != heightPx) {
      image =
          drawn(
              image,
              Math.max(widthPx, image.getWidth() / 2),
              Math.max(heightPx, image.getHeight() / 2));
    }
    return fromBufferedImage(image, picture.channels());
  }

  private static BufferedImage drawn(BufferedImage from, int widthPx, int heightPx) {
    BufferedImage to = new BufferedImage(widthPx, heightPx, from.getType());
    Graphics2D graphics = to.createGraphics();
    try {
      graphics.setComposite(AlphaComposite.Src);
      graphics.setRenderingHint(
          RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
      graphics.drawImage(from, 0, 0, widthPx, heightPx, null);
    } finally {
      graphics.dispose();
    }
    return to;
  }

  private static int argb(byte[] data, int at, int channels) {
    int r = data[at] & 0xff;
    if (channels == 1) {
      return 0xff000000 | r << 16 | r << 8 | r;
    }
    int alpha = channels == 4 ? data[at + 3] & 0xff : 0xff;
    return alpha << 24 | r << 16 | (data[at + 1] & 0xff) << 8 | (data[at + 2] & 0xff);
  }

  private static Pixels grey(BufferedImage image) {
    Raster raster = image.getRaster();
    int[] values = raster.getSamples(0, 0, image.getWidth(), image.getHeight(), 0, (int[]) null);
    byte[] data = new byte[values.length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) values[i];
    }
    return Pixels.ofBytes(image.getWidth(), image.getHeight(), 1, data);
  }

  static void checkSize(Path file, long widthPx, long heightPx) throws IOException {
    if (widthPx < 1 || heightPx < 1 || widthPx * heightPx > MAX_PIXELS) {
      throw new IOException(
          file
              + " says that it is "
              + widthPx
              + "x"
              + heightPx
              + ", at most "
              + MAX_PIXELS
              + " pixels are read.");
    }
  }

  private static List<AbstractPngText> textChunks(Map<String, String> text) {
    Charset latin1 = StandardCharsets.ISO_8859_1;
    List<AbstractPngText> chunks = new ArrayList<>();
    text.forEach(
        (keyword, value) -> {
          if (keyword.isEmpty()
              || keyword.length() > MAX_KEYWORD_LENGTH
              || !keyword.trim().equals(keyword)
              || !latin1.newEncoder().canEncode(keyword)) {
            throw new RequestException(
                null,
                "A PNG keyword has 1 to 79 Latin-1 characters and no space at its ends, got '"
                    + keyword
                    + "'.");
          }
          chunks.add(
              latin1.newEncoder().canEncode(value)
                  ? new AbstractPngText.Text(keyword, value)
                  : new AbstractPngText.Itxt(keyword, value, "", ""));
        });
    return chunks;
  }
}
