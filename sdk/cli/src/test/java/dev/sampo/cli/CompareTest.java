package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.model.ModelFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Providers compared on the CPU, which stands on both sides. */
class CompareTest {
  @TempDir private Path folder;

  @Test
  void compare_whenCpuTwice_thenEveryFamilyAgrees() throws IOException {
    Path torch = folder.resolve("torch.json");
    Files.write(
        torch,
        "{\"scripture-gpt\": {\"speed\": 1e9, \"unit\": \"tokens\"}}"
            .getBytes(StandardCharsets.UTF_8));
    Path table = folder.resolve("table.md");
    CommandRun run =
        CommandRun.of(
            "compare",
            "--providers",
            "cpu,cpu",
            "--rounds",
            "1",
            "--threads",
            "1",
            "--json",
            "--torch",
            torch.toString(),
            "--out",
            table.toString());
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    JsonNode document = new ObjectMapper().readTree(run.out());
    assertTrue(document.path("within_tolerance").asBoolean());
    JsonNode rows = document.path("rows");
    ShippedModels shipped = ShippedModels.ofHome();
    long models =
        shipped.names().stream()
            .filter(name -> ProviderWork.knows(ModelFolder.open(shipped.resolve(name))))
            .count();
    assertTrue(models >= 10, "models of the families that are compared: " + models);
    assertEquals(4 * models, rows.size());
    for (JsonNode row : rows) {
      // The same library twice and one thread: not only near.
      assertEquals(0, row.path("difference").asDouble(), row.toString());
      assertTrue(row.path("same_ids").asBoolean(true), row.toString());
      assertTrue(row.path("speed").asDouble() > 0, row.toString());
      assertEquals(
          row.path("model").asText().equals("scripture-gpt"),
          row.path("torch_ratio").isNumber(),
          row.toString());
    }
    String text = new String(Files.readAllBytes(table), StandardCharsets.UTF_8);
    assertTrue(text.contains("| scripture-gpt | decoder-only | cpu | device | "), text);
    assertTrue(text.endsWith("All results agree within the tolerance.\n"), text);
  }

  @Test
  void compare_whenProviderIsMissing_thenSaysWhatIsWanted() {
    CommandRun run =
        CommandRun.of(
            "compare", "--providers", "cpu,cuda", "--models", "digits-gan", "--rounds", "1");
    assertEquals(ExitCode.FAILED, run.exitCode());
    assertTrue(run.err().contains("CUDAExecutionProvider cannot start"), run.err());
  }

  @Test
  void compare_whenOneModelCannotRun_thenTheOthersAreShown() throws IOException {
    Path broken = folder.resolve("broken");
    Path shipped = ShippedModels.ofHome().path("digits-gan");
    Files.createDirectories(broken);
    try (Stream<Path> files = Files.list(shipped)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, broken.resolve(file.getFileName().toString()));
      }
    }
    // An operator that nobody knows: the file is in order, the graph cannot be loaded.
    Path graph = broken.resolve("generator.onnx");
    String bytes = new String(Files.readAllBytes(graph), StandardCharsets.ISO_8859_1);
    Files.write(graph, bytes.replace("Tanh", "Txnh").getBytes(StandardCharsets.ISO_8859_1));
    CommandRun run =
        CommandRun.of(
            "compare", "--providers", "cpu", "--rounds", "1", "--models", broken + ",digits-vae");
    assertEquals(ExitCode.FAILED, run.exitCode());
    assertTrue(run.out().contains("| digits-vae | vae | cpu | host | "), run.out() + run.err());
    assertTrue(run.out().contains("failed: "), run.out());
  }

  @Test
  void compare_whenProviderIsUnknown_thenUsage() {
    CommandRun run = CommandRun.of("compare", "--providers", "cpu,gpu");
    assertEquals(ExitCode.USAGE, run.exitCode());
    assertTrue(run.err().contains("--providers: Unknown device 'gpu'"), run.err());
  }

  @Test
  void compare_whenRoundsOrToleranceAreNone_thenUsage() {
    assertEquals(ExitCode.USAGE, CommandRun.of("compare", "--rounds", "0").exitCode());
    assertEquals(ExitCode.USAGE, CommandRun.of("compare", "--tolerance", "0").exitCode());
  }

  @Test
  void difference_whenNumbersDiffer_thenPartOfTheLargest() {
    assertEquals(0.1, CompareCommand.difference(new float[] {1, -9}, new float[] {0, -10}), 1e-9);
    assertEquals(0, CompareCommand.difference(new float[] {0, 0}, new float[] {0, 0}));
    float low = Float.NEGATIVE_INFINITY;
    assertEquals(0, CompareCommand.difference(new float[] {low, 1}, new float[] {low, 1}));
    for (float[] bad : new float[][] {{Float.NaN, 1}, {1}, {low, 1}}) {
      assertEquals(Double.POSITIVE_INFINITY, CompareCommand.difference(bad, new float[] {2, 1}));
    }
  }
}
