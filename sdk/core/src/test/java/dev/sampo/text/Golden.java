package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds and reads golden cases: under the folder of the system property {@code sampo.golden}, else among the test resources. */
public final class Golden {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Golden() {}

  public static Path folder(String name) {
    String root = System.getProperty("sampo.golden");
    try {
      Path folder =
          (root != null ? Path.of(root) : Path.of(Golden.class.getResource("/golden").toURI()))
              .resolve(name);
      assertTrue(Files.isDirectory(folder), "There is no folder " + folder);
      return folder;
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A folder of goldens that only this module has: where another root is given and lacks it, the module's own is taken. */
  public static Path ownFolder(String name) {
    String root = System.getProperty("sampo.golden");
    if (root != null && Files.isDirectory(Path.of(root).resolve(name))) {
      return Path.of(root).resolve(name);
    }
    try {
      return Path.of(Golden.class.getResource("/golden").toURI()).resolve(name);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public static List<Path> files(Path folder, String ending) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      List<Path> found =
          paths.filter(p -> p.getFileName().toString().endsWith(ending)).sorted().toList();
      assertTrue(!found.isEmpty(), "No *" + ending + " under " + folder);
      return found;
    }
  }

  public static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> cases = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank()) {
        cases.add(JSON.readTree(line));
      }
    }
    assertTrue(!cases.isEmpty(), "No case in " + file);
    return cases;
  }

  public static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).intValue();
    }
    return values;
  }

  public static int[] intOrInts(JsonNode node) {
    if (node == null || node.isNull()) {
      return new int[0];
    }
    return node.isArray() ? ints(node) : new int[] {node.intValue()};
  }

  public static int[][] rows(JsonNode array) {
    int[][] rows = new int[array.size()][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = ints(array.get(i));
    }
    return rows;
  }

  /** Scores: null is minus infinity; "inf", "-inf" and "nan" are texts. */
  public static float[] flat(JsonNode rows) {
    List<Float> values = new ArrayList<>();
    for (JsonNode row : rows) {
      for (JsonNode value : row) {
        values.add(score(value));
      }
    }
    float[] flat = new float[values.size()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = values.get(i);
    }
    return flat;
  }

  private static float score(JsonNode value) {
    if (value.isNull()) {
      return Float.NEGATIVE_INFINITY;
    }
    if (value.isTextual()) {
      return switch (value.textValue()) {
        case "inf" -> Float.POSITIVE_INFINITY;
        case "-inf" -> Float.NEGATIVE_INFINITY;
        default -> Float.NaN;
      };
    }
    return (float) value.doubleValue();
  }
}
