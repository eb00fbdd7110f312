package dev.sampo.server.openai;

import dev.sampo.imaging.Pictures;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.util.Base64;

/** Pictures as clients get them. */
final class Png {
  private Png() {}

  static String base64(Pixels picture) throws IOException {
    return Base64.getEncoder().encodeToString(Pictures.png(picture));
  }
}
