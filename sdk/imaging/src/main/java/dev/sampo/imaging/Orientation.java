package dev.sampo.imaging;

import dev.sampo.picture.Pixels;
import java.io.IOException;
import org.apache.commons.imaging.bytesource.ByteSource;
import org.apache.commons.imaging.common.ImageMetadata;
import org.apache.commons.imaging.formats.tiff.TiffField;
import org.apache.commons.imaging.formats.tiff.TiffImageMetadata;
import org.apache.commons.imaging.formats.tiff.TiffImageParser;
import org.apache.commons.imaging.formats.tiff.constants.TiffTagConstants;

/**
 * How a camera was held: Exif's tag 274 (CIPA DC-008), 1 to 8. Anything else, or a block that cannot be read, counts as upright, as in
 * Pillow's {@code exif_transpose}.
 */
final class Orientation {
  private static final Orientation UPRIGHT = new Orientation(1);

  private final int tag;

  private Orientation(int tag) {
    this.tag = tag;
  }

  /** The orientation in an Exif block. */
  static Orientation of(byte[] exif) {
    if (exif.length == 0) {
      return UPRIGHT;
    }
    try {
      ImageMetadata metadata = new TiffImageParser().getMetadata(ByteSource.array(exif));
      if (metadata instanceof TiffImageMetadata tiff) {
        TiffField field = tiff.findField(TiffTagConstants.TIFF_TAG_ORIENTATION);
        if (field != null && field.getValue() instanceof Number number) {
          return new Orientation(number.intValue());
        }
      }
      return UPRIGHT;
    } catch (IOException | RuntimeException e) {
      return UPRIGHT;
    }
  }

  /** The picture as it is to be seen. */
  Pixels upright(Pixels p) {
    if (tag < 2 || tag > 8) {
      return p;
    }
    boolean turned = tag >= 5;
    int width = turned ? p.heightPx() : p.widthPx();
    int height = turned ? p.widthPx() : p.heightPx();
    int channels = p.channels();
    byte[] in = p.toBytes();
    byte[] out = new byte[in.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int from = source(x, y, p.widthPx(), p.heightPx()) * channels;
        System.arraycopy(in, from, out, (y * width + x) * channels, channels);
      }
    }
    return Pixels.ofBytes(width, height, channels, out);
  }

  /** Index of the stored pixel that is seen at a place. */
  private int source(int x, int y, int w, int h) {
    return switch (tag) {
      case 2 -> y * w + (w - 1 - x);
      case 3 -> (h - 1 - y) * w + (w - 1 - x);
      case 4 -> (h - 1 - y) * w + x;
      case 5 -> x * w + y;
      case 6 -> (h - 1 - x) * w + y;
      case 7 -> (h - 1 - x) * w + (w - 1 - y);
      case 8 -> x * w + (w - 1 - y);
      default -> y * w + x;
    };
  }
}
