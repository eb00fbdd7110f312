package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizeTest {
  private static final Path LLAMA =
      Path.of(
          System.getProperty("sampo.home", "../.."),
          "sdk/core/src/test/resources/golden/text/generation/llama");

  @TempDir Path temporary;

  @Test
  void optimizeAndBench_whenOptimumFolder_thenTheTwoAreMeasuredInTurns() throws Exception {
    Path out = temporary.resolve("fast");
    CommandRun run = CommandRun.of("optimize", LLAMA.toString(), "--out", out.toString(), "--json");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertEquals(2, json.path("attentions").asInt());
    assertTrue(json.path("nodes_after").asInt() < json.path("nodes_before").asInt());

    CommandRun bench =
        CommandRun.of(
            "bench",
            LLAMA.toString(),
            "--against",
            out.toString(),
            "--contexts",
            "4,8",
            "--rounds",
            "1",
            "--threads",
            "1",
            "--json");
    assertEquals(ExitCode.OK, bench.exitCode(), bench.err());
    JsonNode contenders = new ObjectMapper().readTree(bench.out()).path("contenders");
    assertEquals(2, contenders.size());
    for (JsonNode each : contenders) {
      for (String figure : new String[] {"token_ms@4", "token_ms@8", "prompt_ms@8", "peak_mb"}) {
        assertTrue(each.path(figure).path("median").asDouble() > 0, figure + " of " + each);
      }
    }
  }
}
