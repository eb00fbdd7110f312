package dev.sampo.server.openai;

import dev.sampo.imaging.Pictures;
import dev.sampo.picture.Pixels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures as clients get them. */
final class Png {
  private Png() {}

  static String base64(Pixels picture) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      if (!ImageIO.write(Pictures.toBufferedImage(picture), "png", stream)) {
        throw new IllegalStateException("This Java writes no PNG");
      }
    }
    return Base64.getEncoder().encodeToString(out.toByteArray());
  }
}
