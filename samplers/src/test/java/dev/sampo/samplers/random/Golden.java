package dev.sampo.samplers.random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where the golden files of diffusion lie and how their arrays are compared. The root is the system property {@code
 * sampo.golden} if set, else this module's {@code src/test/resources/golden}; the format is in its {@code diffusion/README.md}.
 */
public final class Golden {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private Golden() {}

  /** All JSON files of {@code diffusion/FOLDER}; none is a failure. */
  public static List<Path> files(String folder) {
    String root = System.getProperty("sampo.golden", "src/test/resources/golden");
    Path at = Path.of(root, "diffusion", folder);
    try (Stream<Path> all = Files.list(at)) {
      List<Path> files =
          all.filter(p -> p.toString().endsWith(".json")).sorted().collect(Collectors.toList());
      if (files.isEmpty()) {
        fail("No golden file in " + at.toAbsolutePath());
      }
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException("No golden folder " + at.toAbsolutePath(), e);
    }
  }

  /** Reads a file; the bare tokens -Infinity and NaN are allowed, as Python writes them. */
  public static JsonNode read(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A JSON array as floats: each number parsed as a double and rounded once. */
  public static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) array.get(i).asDouble();
    }
    return values;
  }

  /** A JSON array as doubles. */
  public static double[] doubles(JsonNode array) {
    double[] values = new double[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asDouble();
    }
    return values;
  }

  /** A JSON array as longs. */
  public static long[] longs(JsonNode array) {
    long[] values = new long[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).bigIntegerValue().longValue();
    }
    return values;
  }

  /** Whole arrays, element by element, within an absolute bound. */
  public static void assertClose(String what, float[] wanted, float[] got, double bound) {
    assertEquals(wanted.length, got.length, what + ": length");
    for (int i = 0; i < wanted.length; i++) {
      if (!(Math.abs(wanted[i] - got[i]) <= bound)) {
        fail(what + "[" + i + "]: wanted " + wanted[i] + ", got " + got[i] + ", bound " + bound);
      }
    }
  }

  /** Whole arrays, element by element, within an absolute bound. */
  public static void assertClose(String what, double[] wanted, double[] got, double bound) {
    assertEquals(wanted.length, got.length, what + ": length");
    for (int i = 0; i < wanted.length; i++) {
      if (!(Math.abs(wanted[i] - got[i]) <= bound)) {
        fail(what + "[" + i + "]: wanted " + wanted[i] + ", got " + got[i] + ", bound " + bound);
      }
    }
  }
}
