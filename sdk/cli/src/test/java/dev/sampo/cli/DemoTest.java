package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job: every model that ships generates, and what the summary names is there. */
class DemoTest {
  @TempDir Path out;

  @Test
  void demo_whenRun_generatesWithEveryModelThatShips() throws Exception {
    CommandRun run = CommandRun.of("demo", "--json", "--out", out.toString());
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    JsonNode document = new ObjectMapper().readTree(run.out());
    StringBuilder models = new StringBuilder();
    for (JsonNode made : document.path("made")) {
      Path file = Path.of(made.path("file").asText());
      assertTrue(Files.size(file) > 100, file + " is all but empty");
      models.append(made.path("model").asText()).append(' ');
    }
    for (String model : ShippedModels.ofHome().names()) {
      assertTrue(models.toString().contains(model), "the demo leaves out " + model);
    }
    assertTrue(
        document.path("texts").asText().contains("eighty-one = quatre-vingt-un"),
        document.toString());
    try (Stream<Path> files = Files.list(out)) {
      assertFalse(
          files.anyMatch(f -> f.toString().endsWith(".part")), "temporary files were left behind");
    }
  }
}
