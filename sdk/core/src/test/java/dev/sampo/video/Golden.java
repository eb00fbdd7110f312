package dev.sampo.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sampo.io.NpyArray;
import dev.sampo.picture.PictureBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Golden folders under {@code sampo.golden}; a kind that it lacks is taken from the test resources. */
public final class Golden {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private Golden() {}

  /** The folder of a kind: {@code video}, {@code unclip}, {@code cascade}. */
  public static Path root(String kind) {
    String given = System.getProperty("sampo.golden");
    if (given != null && Files.isDirectory(Path.of(given).resolve(kind))) {
      return Path.of(given).resolve(kind);
    }
    try {
      return Path.of(Golden.class.getResource("/golden/" + kind).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All folders of a kind that hold such a file, at least one. */
  public static List<Path> folders(String kind, String file) {
    try (Stream<Path> all = Files.walk(root(kind))) {
      List<Path> found =
          all.filter(p -> p.endsWith(file))
              .map(Path::getParent)
              .sorted()
              .collect(Collectors.toList());
      if (found.isEmpty()) {
        fail("No " + file + " under " + root(kind));
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static JsonNode json(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static NpyArray npy(Path file) {
    try {
      return NpyArray.read(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every value within {@code bound} times max(1, the largest one). */
  public static void close(String what, float[] wanted, float[] got, double bound) {
    assertEquals(wanted.length, got.length, what + ": length");
    double max = 1;
    for (float value : wanted) {
      max = Math.max(max, Math.abs(value));
    }
    for (int i = 0; i < wanted.length; i++) {
      if (!(Math.abs(wanted[i] - got[i]) <= bound * max)) {
        fail(what + "[" + i + "]: wanted " + wanted[i] + ", got " + got[i] + ", largest " + max);
      }
    }
  }

  /** [frames or batch, channels, height, width] with the channels last, as the golden pictures lie. */
  public static float[] channelsLast(List<PictureBatch> batches) {
    int size = 0;
    for (PictureBatch batch : batches) {
      size += batch.count() * batch.pictureSize();
    }
    float[] out = new float[size];
    int at = 0;
    for (PictureBatch batch : batches) {
      float[] in = batch.toArray();
      int c = batch.channels();
      int plane = batch.heightPx() * batch.widthPx();
      for (int n = 0; n < batch.count(); n++) {
        for (int p = 0; p < plane; p++) {
          for (int k = 0; k < c; k++) {
            out[at++] = in[(n * c + k) * plane + p];
          }
        }
      }
    }
    return out;
  }

  public static String[] strings(JsonNode node) {
    if (!node.isArray()) {
      return new String[] {node.asText()};
    }
    String[] out = new String[node.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = node.get(i).asText();
    }
    return out;
  }
}
