package dev.sampo.diffusion.staged;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.ModelException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A scheduler file whose values cannot be is named, whichever stage reads it. */
class StagedSchedulerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final StagedRequest REQUEST =
      StagedRequest.builder().prompt("a red boat").seed(1).numInferenceSteps(1, 1).build();

  @Test
  void generate_whenASchedulersValueCannotBe_thenErrorNamesItsFile(@TempDir Path root)
      throws Exception {
    Path cascade = copy("/golden/cascade/tiny_if/model", root.resolve("cascade"));
    for (String file :
        List.of(
            "stage_1/scheduler/scheduler_config.json",
            "stage_2/image_noising_scheduler/scheduler_config.json")) {
      Path broken = cascade.resolve(file);
      byte[] before = breakBetas(broken);
      try (CascadePipeline model = CascadePipeline.open(cascade)) {
        assertNames(broken, assertThrows(ModelException.class, () -> model.generate(REQUEST)));
      }
      Files.write(broken, before);
    }
    Path unclip = copy("/golden/unclip/tiny_kandinsky22/model", root.resolve("unclip"));
    Path broken = unclip.resolve("prior/scheduler/scheduler_config.json");
    breakBetas(broken);
    try (UnClipPipeline model = UnClipPipeline.open(unclip)) {
      StagedRequest small = REQUEST.toBuilder().size(32, 32).build();
      assertNames(broken, assertThrows(ModelException.class, () -> model.generate(small)));
    }
  }

  private static void assertNames(Path file, ModelException e) {
    assertEquals(file.normalize(), e.path().normalize());
    assertTrue(e.getMessage().contains("no_such_schedule"), e.getMessage());
  }

  private static byte[] breakBetas(Path file) throws IOException {
    byte[] before = Files.readAllBytes(file);
    ObjectNode config = (ObjectNode) JSON.readTree(before);
    config.put("beta_schedule", "no_such_schedule");
    JSON.writeValue(file.toFile(), config);
    return before;
  }

  private static Path copy(String resource, Path to) throws IOException, URISyntaxException {
    Path from = Path.of(StagedSchedulerTest.class.getResource(resource).toURI());
    try (Stream<Path> all = Files.walk(from)) {
      for (Path file : all.filter(Files::isRegularFile).collect(Collectors.toList())) {
        Path at = to.resolve(from.relativize(file).toString());
        Files.createDirectories(at.getParent());
        Files.copy(file, at);
      }
    }
    return to;
  }
}
