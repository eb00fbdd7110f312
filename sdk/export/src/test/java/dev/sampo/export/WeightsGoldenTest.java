package dev.sampo.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Exports every folder of weights under {@code text/weights} in both forms and compares scores, hidden states and generated ids with those of
 * transformers; see {@code golden/text/weights/README.md}.
 */
class WeightsGoldenTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path temporary;

  private static Path root() throws URISyntaxException {
    String given = System.getProperty("sampo.golden");
    if (given != null && Files.isDirectory(Path.of(given).resolve("text/weights"))) {
      return Path.of(given).resolve("text/weights");
    }
    return Path.of(WeightsGoldenTest.class.getResource("/golden/text/weights").toURI());
  }

  private static List<Path> folders() throws IOException, URISyntaxException {
    try (Stream<Path> all = Files.walk(root(), FileVisitOption.FOLLOW_LINKS)) {
      List<Path> found =
          all.filter(path -> Files.isRegularFile(path.resolve("forward.jsonl"))).sorted().toList();
      assertTrue(!found.isEmpty(), "No folder with a forward.jsonl under " + root());
      return found;
    }
  }

  @TestFactory
  List<DynamicContainer> export_whenWeightsOfTransformers_thenSameScoresAndIds()
      throws IOException, URISyntaxException {
    List<DynamicContainer> tests = new ArrayList<>();
    for (Path folder : folders()) {
      for (boolean plain : new boolean[] {false, true}) {
        String name = root().relativize(folder) + (plain ? " plain" : " fast");
        tests.add(DynamicContainer.dynamicContainer(name, tests(folder, name, plain)));
      }
    }
    return tests;
  }

  private static List<DynamicTest> tests(Path folder, String name, boolean plain)
      throws IOException {
    Path target = temporary.resolve(name.replaceAll("[^A-Za-z0-9_]", "_"));
    List<DynamicTest> tests = new ArrayList<>();
    tests.add(
        DynamicTest.dynamicTest(
            "forward",
            () -> {
              GraphExport.of(folder).plain(plain).to(target);
              try (ForwardRun run = ForwardRun.open(target, plain)) {
                for (JsonNode line : lines(folder.resolve("forward.jsonl"))) {
                  run.check(line);
                }
              }
            }));
    if (Files.exists(folder.resolve("generate.jsonl"))) {
      tests.add(DynamicTest.dynamicTest("generate", () -> generate(folder, target)));
    }
    return tests;
  }

  static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank()) {
        lines.add(JSON.readTree(line));
      }
    }
    assertTrue(!lines.isEmpty(), "No case in " + file);
    return lines;
  }

  private static void generate(Path folder, Path target) throws IOException {
    SessionConfig session = SessionConfig.builder().intraOpThreads(1).build();
    try (TextGenerator generator = TextGenerator.open(target, session)) {
      for (JsonNode line : lines(folder.resolve("generate.jsonl"))) {
        GenerationConfig config = GenerationConfig.parse(line.get("kwargs"), w -> failUnknown(w));
        GenerationRequest.Builder request = GenerationRequest.builder().config(config);
        GenerationResult result;
        if (line.has("input_features")) {
          try (Tensor features = features(line)) {
            result = generator.generate(request.inputFeatures(features).build());
          }
        } else {
          prompts(line).forEach(request::promptIds);
          result = generator.generate(request.build());
        }
        String expected = Arrays.deepToString(matrix(line.get("sequences")));
        assertEquals(expected, Arrays.deepToString(result.sequences()), line.get("id").asText());
      }
    }
  }

  private static void failUnknown(String warning) {
    if (warning.startsWith("Unknown")) {
      fail(warning);
    }
  }

  /** The prompts without their padding. */
  private static List<int[]> prompts(JsonNode line) {
    List<int[]> prompts = new ArrayList<>();
    int[][] ids = matrix(line.get("input_ids"));
    int[][] mask = matrix(line.get("attention_mask"));
    for (int r = 0; r < ids.length; r++) {
      int row = r;
      prompts.add(
          java.util.stream.IntStream.range(0, ids[r].length)
              .filter(i -> mask[row][i] == 1)
              .map(i -> ids[row][i])
              .toArray());
    }
    return prompts;
  }

  /** {@code input_features}: flat rows of {@code features_shape} each. */
  static Tensor features(JsonNode line) {
    JsonNode rows = line.get("input_features");
    JsonNode shape = line.get("features_shape");
    // The shape is of a row; some files state the batch in front.
    int rank = shape.size();
    long mels = shape.get(rank - 2).asLong();
    long frames = shape.get(rank - 1).asLong();
    float[] values = new float[(int) (rows.size() * mels * frames)];
    int at = 0;
    for (JsonNode row : rows) {
      for (JsonNode value : row) {
        values[at++] = (float) value.asDouble();
      }
    }
    assertEquals(values.length, at, "input_features do not fill " + shape);
    return Tensor.ofFloats(Shape.of(rows.size(), mels, frames), values);
  }

  static int[][] matrix(JsonNode rows) {
    int[][] matrix = new int[rows.size()][];
    for (int r = 0; r < matrix.length; r++) {
      matrix[r] = new int[rows.get(r).size()];
      for (int i = 0; i < matrix[r].length; i++) {
        matrix[r][i] = rows.get(r).get(i).asInt();
      }
    }
    return matrix;
  }
}
