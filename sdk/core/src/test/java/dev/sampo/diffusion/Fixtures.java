package dev.sampo.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sampo.io.NpyArray;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** Where the golden pipelines lie (property {@code sampo.golden}, else the test resources) and how they are read. */
final class Fixtures {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private Fixtures() {}

  static Path pipelines() {
    String root = System.getProperty("sampo.golden");
    try {
      Path at =
          root != null ? Path.of(root) : Path.of(Fixtures.class.getResource("/golden").toURI());
      return at.resolve("diffusion/pipelines");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static Path model(String name) {
    return pipelines().resolve(name).resolve("model");
  }

  static List<Path> cases() {
    try (Stream<Path> all = Files.walk(pipelines())) {
      List<Path> found =
          all.filter(p -> p.endsWith("case.json"))
              .map(Path::getParent)
              .sorted()
              .collect(Collectors.toList());
      if (found.isEmpty()) {
        fail("No case.json under " + pipelines().toAbsolutePath());
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode json(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static NpyArray npy(Path file) {
    try {
      return NpyArray.read(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Pixels picture(Path file) {
    try {
      BufferedImage image = ImageIO.read(file.toFile());
      byte[] data = new byte[image.getWidth() * image.getHeight() * 3];
      int[] pixel = new int[4];
      int bands = image.getRaster().getNumBands();
      for (int p = 0; p < data.length / 3; p++) {
        image.getRaster().getPixel(p % image.getWidth(), p / image.getWidth(), pixel);
        for (int c = 0; c < 3; c++) {
          data[3 * p + c] = (byte) pixel[bands >= 3 ? c : 0];
        }
      }
      return Pixels.ofBytes(image.getWidth(), image.getHeight(), 3, data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void close(String what, float[] wanted, float[] got, double bound) {
    assertEquals(wanted.length, got.length, what + ": length");
    for (int i = 0; i < wanted.length; i++) {
      if (!(Math.abs(wanted[i] - got[i]) <= bound)) {
        fail(what + "[" + i + "]: wanted " + wanted[i] + ", got " + got[i] + ", bound " + bound);
      }
    }
  }

  /** [batch, channels, height, width] to [batch, height, width, channels], as the golden images lie. */
  static float[] channelsLast(PictureBatch picture) {
    float[] in = picture.toArray();
    float[] out = new float[in.length];
    int c = picture.channels();
    int plane = picture.heightPx() * picture.widthPx();
    for (int b = 0; b < picture.count(); b++) {
      for (int k = 0; k < c; k++) {
        for (int p = 0; p < plane; p++) {
          out[(b * plane + p) * c + k] = in[(b * c + k) * plane + p];
        }
      }
    }
    return out;
  }
}
