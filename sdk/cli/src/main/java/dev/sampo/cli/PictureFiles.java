package dev.sampo.cli;

import dev.sampo.imaging.Pictures;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Reads pictures that people name. One that this command line wrote larger than its model made it comes back as the model made it. */
final class PictureFiles {
  /** What a PNG that holds one enlarged picture records. */
  static final String SCALE = "scale";

  private static final int MOST = 64;

  private PictureFiles() {}

  static Pixels read(Path file) throws IOException {
    Pixels picture = Pictures.read(file);
    return Outputs.ending(file).equals("png") ? reduced(file, picture) : picture;
  }

  private static Pixels reduced(Path file, Pixels picture) throws IOException {
    Map<String, String> text = Pictures.readPngText(file);
    String scale = text.getOrDefault(SCALE, "");
    if (!text.getOrDefault("Software", "").startsWith("sampo") || !scale.matches("[1-9][0-9]?")) {
      return picture;
    }
    int factor = Integer.parseInt(scale);
    boolean fits = picture.widthPx() % factor == 0 && picture.heightPx() % factor == 0;
    if (factor == 1 || factor > MOST || !fits) {
      return picture;
    }
    Pixels small = every(picture, factor);
    // Somebody may have painted in it.
    return Arrays.equals(small.enlarged(factor).toBytes(), picture.toBytes()) ? small : picture;
  }

  private static Pixels every(Pixels picture, int factor) {
    int width = picture.widthPx() / factor;
    int height = picture.heightPx() / factor;
    int channels = picture.channels();
    byte[] data = new byte[width * height * channels];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++) {
          data[(y * width + x) * channels + c] = (byte) picture.at(x * factor, y * factor, c);
        }
      }
    }
    return Pixels.ofBytes(width, height, channels, data);
  }
}
