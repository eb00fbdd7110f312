package dev.sampo.imaging;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The segments of a JPEG (ITU T.81) up to its pixels, looked at before any library decodes. Colour profiles are taken out on purpose:
 * Pillow leaves pixels as they are stored, and the JDK would fail on broken ones.
 */
final class JpegFile {
  /** Adobe's word on the colours: none there, the third value says that they are stored as luminance and chrominance. */
  static final int NO_ADOBE = -1;

  private static final int START_OF_SCAN = 0xda;

  private final Path file;
  private final byte[] bytes;
  private final ByteArrayOutputStream plain = new ByteArrayOutputStream();
  private int widthPx;
  private int heightPx;
  private int components;
  private int adobe = NO_ADOBE;
  private byte[] exif = new byte[0];

  private JpegFile(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  static boolean isJpeg(byte[] bytes) {
    return bytes.length > 2 && (bytes[0] & 0xff) == 0xff && (bytes[1] & 0xff) == 0xd8;
  }

  static JpegFile of(Path file, byte[] bytes) throws IOException {
    JpegFile jpeg = new JpegFile(file, bytes);
    jpeg.readSegments();
    if (jpeg.components == 0) {
      throw new IOException(file + " is a damaged JPEG: it has no header before its pixels.");
    }
    return jpeg;
  }

  private void readSegments() throws IOException {
    plain.write(bytes, 0, 2);
    int at = 2;
    while (at + 4 <= bytes.length) {
      if ((bytes[at] & 0xff) != 0xff) {
        throw new IOException(file + " is a damaged JPEG: no marker at byte " + at + ".");
      }
      int marker = bytes[at + 1] & 0xff;
      if (marker == 0xff) {
        at++;
        continue;
      }
      int length = (bytes[at + 2] & 0xff) << 8 | bytes[at + 3] & 0xff;
      int end = at + 2 + length;
      if (length < 2 || end > bytes.length) {
        throw new IOException(file + " is a damaged JPEG: it is cut short.");
      }
      if (marker == START_OF_SCAN) {
        plain.write(bytes, at, bytes.length - at);
        return;
      }
      if (!isProfile(marker, at + 4, end)) {
        plain.write(bytes, at, end - at);
      }
      look(marker, at + 4, end);
      at = end;
    }
  }

  private boolean isProfile(int marker, int from, int end) {
    return marker == 0xe2 && startsWith("ICC_PROFILE\0", from, end);
  }

  private boolean startsWith(String text, int from, int end) {
    byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
    return end - from >= wanted.length
        && Arrays.equals(Arrays.copyOfRange(bytes, from, from + wanted.length), wanted);
  }

  private void look(int marker, int from, int end) throws IOException {
    boolean frame =
        marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) {
      if (end - from < 6) {
        throw new IOException(file + " is a damaged JPEG: its header is cut short.");
      }
      heightPx = (bytes[from + 1] & 0xff) << 8 | bytes[from + 2] & 0xff;
      widthPx = (bytes[from + 3] & 0xff) << 8 | bytes[from + 4] & 0xff;
      components = bytes[from + 5] & 0xff;
    } else if (marker == 0xe1 && startsWith("Exif\0\0", from, end)) {
      exif = Arrays.copyOfRange(bytes, from + 6, end);
    } else if (marker == 0xee && startsWith("Adobe", from, end) && end - from >= 12) {
      adobe = bytes[from + 11] & 0xff;
    }
  }

  long widthPx() {
    return widthPx;
  }

  long heightPx() {
    return heightPx;
  }

  /** 1 grey, 3 colours, 4 inks. */
  int components() {
    return components;
  }

  /** The Adobe segment's transform (0 as they are, 1 YCbCr, 2 YCCK), or {@link #NO_ADOBE}. */
  int adobe() {
    return adobe;
  }

  /** The Exif block, a TIFF file; empty if there is none. */
  byte[] exif() {
    return exif.clone();
  }

  /** The same without colour profiles. */
  byte[] withoutProfile() {
    return plain.toByteArray();
  }
}
