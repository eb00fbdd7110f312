package dev.sampo.export.optimize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Optimises every decoder under {@code text/generation} and compares what it generates, by beams too, and how it scores. */
class OptimizerGoldenTest {
  @TempDir static Path temporary;

  private static Path root() {
    String given = System.getProperty("sampo.golden");
    Path own = Path.of("../core/src/test/resources/golden/text/generation");
    Path other = given == null ? own : Path.of(given).resolve("text/generation");
    return Files.isDirectory(other) ? other : own;
  }

  private static List<Path> decoders() throws IOException {
    try (Stream<Path> all = Files.list(root())) {
      List<Path> found =
          all.filter(Files::isDirectory)
              .filter(path -> ModelFolder.open(path).family() == Family.DECODER_ONLY)
              .sorted()
              .toList();
      assertFalse(found.isEmpty(), "No decoder under " + root());
      return found;
    }
  }

  @TestFactory
  List<DynamicTest> optimize_whenDecoderOfAnExporter_thenSameIdsAndScores() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : decoders()) {
      String name = folder.getFileName().toString();
      tests.add(DynamicTest.dynamicTest(name, () -> compare(folder, temporary.resolve(name))));
    }
    return tests;
  }

  private static void compare(Path folder, Path target) throws IOException {
    try {
      OptimizeResult result = Optimizer.of(folder).to(target);
      assertTrue(result.nodesAfter() > 0 && result.largestDifference() < 1e-3, result.toString());
    } catch (ModelException e) {
      // What is not understood is left, with the reason, and nothing is written.
      assertTrue(e.getMessage().contains("stays as it is: "), e.getMessage());
      assertFalse(Files.exists(target));
      return;
    }
    try (TextGenerator before = TextGenerator.open(folder);
        TextGenerator after = TextGenerator.open(target)) {
      for (int beams : new int[] {1, 3}) {
        assertEquals(ids(before, beams), ids(after, beams), "beams " + beams);
      }
      int[] text = {5, 9, 33, 12, 7, 7, 21, 40, 3, 18, 25, 31};
      assertArrayEquals(
          before.score(text).tokenLogProbs(), after.score(text).tokenLogProbs(), 1e-4);
    }
  }

  private static List<List<Integer>> ids(TextGenerator generator, int beams) {
    GenerationConfig config =
        GenerationConfig.builder().doSample(false).numBeams(beams).maxNewTokens(20).build();
    GenerationRequest request =
        GenerationRequest.builder()
            .promptIds(5, 9, 33, 12, 7)
            .promptIds(40, 3)
            .config(config)
            .build();
    return generator.generate(request).prompts().stream()
        .map(prompt -> Arrays.stream(prompt.sequences().get(0).ids()).boxed().toList())
        .toList();
  }
}
