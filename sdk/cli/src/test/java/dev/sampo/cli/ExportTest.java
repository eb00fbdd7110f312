package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportTest {
  private static final Path WEIGHTS =
      Path.of(
          System.getProperty("sampo.home", "../.."),
          "sdk/export/src/test/resources/golden/text/weights");

  @TempDir Path temporary;

  @Test
  void export_whenFolderOfWeights_thenAFolderThatTextOpens() throws Exception {
    Path out = temporary.resolve("graphs");
    CommandRun run =
        CommandRun.of(
            "export", WEIGHTS.resolve("llama_yarn").toString(), "--out", out.toString(), "--json");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertEquals("llama", json.path("model_type").asText());
    assertEquals(out.resolve("model.onnx").toString(), json.path("files").path(0).asText());
    CommandRun text =
        CommandRun.of(
            "text", out.toString(), "--ids", "20,30,40", "--max-new-tokens", "3", "--json");
    assertEquals(ExitCode.OK, text.exitCode(), text.err());
  }

  @Test
  void quantize_whenMeasured_thenTellsPerplexityBeforeAndAfter() throws Exception {
    Path text = temporary.resolve("text.txt");
    Files.writeString(
        text, "In the beginning God created the heaven and the earth. And the earth was");
    Path out = temporary.resolve("small");
    CommandRun run =
        CommandRun.of(
            "quantize",
            "scripture-gpt",
            "--out",
            out.toString(),
            "--bits",
            "8",
            "--measure",
            text.toString(),
            "--json");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    JsonNode json = new ObjectMapper().readTree(run.out());
    double before = json.path("perplexity_before").asDouble();
    assertEquals(before, json.path("perplexity_after").asDouble(), 0.02 * before);
    assertTrue(
        json.path("bytes_after").asLong() < 0.5 * json.path("bytes_before").asLong(), run.out());
  }

  @Test
  void quantize_whenItLosesTooMuch_thenNothingIsWritten() throws Exception {
    Path text = temporary.resolve("text.txt");
    Files.writeString(text, "In the beginning God created the heaven and the earth.");
    Path out = temporary.resolve("worse");
    CommandRun run =
        CommandRun.of(
            "quantize",
            "scripture-gpt",
            "--out",
            out.toString(),
            "--bits",
            "4",
            "--block",
            "256",
            "--measure",
            text.toString(),
            "--max-loss",
            "0.0001");
    assertEquals(ExitCode.FAILED, run.exitCode(), run.out());
    assertTrue(run.err().contains("nothing was written"), run.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void quantize_whenLimitWithoutText_thenWrongUsage() {
    CommandRun run =
        CommandRun.of(
            "quantize",
            "scripture-gpt",
            "--out",
            temporary.resolve("x").toString(),
            "--max-loss",
            "1");
    assertEquals(ExitCode.USAGE, run.exitCode());
    assertTrue(run.err().contains("--measure"), run.err());
  }
}
