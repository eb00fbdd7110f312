package dev.sampo.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FineTuningTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  private static final Path MODEL =
      Path.of(System.getProperty("sampo.home"), "exporter-specs/models/scripture-lstm");

  @TempDir Path folder;

  private FineTuning request(String out) throws Exception {
    Path data = folder.resolve("text.txt");
    Files.writeString(data, "And God said, Let there be light: and there was light. ".repeat(20));
    return FineTuning.of(MODEL, data)
        .options(o -> o.withBatch(2).withLength(16))
        .steps(6)
        .out(folder.resolve(out));
  }

  @Test
  void run_whenItEnds_givesAModelFolderAndTellsEachStep() throws Exception {
    List<Long> done = new ArrayList<>();
    FineTuned tuned =
        request("a")
            .progress(
                step -> {
                  done.add(step.done());
                  assertEquals(6, step.total());
                  assertTrue(step.loss() > 0);
                })
            .run();
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L), done);
    assertEquals(6, tuned.steps());
    assertEquals(6, tuned.timings().steps());
    assertTrue(tuned.validation().get("loss") > 0);
    assertEquals(
        ModelFolder.open(MODEL).family(), ModelFolder.open(assertNotNullPath(tuned)).family());
  }

  private static Path assertNotNullPath(FineTuned tuned) {
    Path model = tuned.model();
    assertNotNull(model);
    return model;
  }

  @Test
  void run_whenCancelledAndAskedAgain_endsAsAnUndisturbedOne() throws Exception {
    CancellationToken token = new CancellationToken();
    FineTuning request = request("b");
    CancelledException e =
        assertThrows(
            CancelledException.class,
            () ->
                request
                    .cancellation(token)
                    .progress(
                        step -> {
                          if (step.done() == 2) {
                            token.cancel();
                          }
                        })
                    .run());
    FineTuned partial = e.partial(FineTuned.class);
    assertNotNull(partial);
    assertNull(partial.model());
    assertEquals(2, partial.steps());
    FineTuned resumed = request.run();
    assertEquals(partial.seed(), resumed.seed());
    assertEquals(4, resumed.timings().steps());
    FineTuned whole = request("c").seed(partial.seed()).run();
    assertArrayEquals(
        Files.readAllBytes(assertNotNullPath(whole).resolve("model.onnx")),
        Files.readAllBytes(assertNotNullPath(resumed).resolve("model.onnx")));
  }

  @Test
  void request_whenAnOptionIsWrong_namesIt() throws Exception {
    FineTuning request = request("d");
    assertEquals("steps", option(() -> request.steps(0)));
    assertEquals("lora", option(() -> request.lora(0)));
    assertEquals("checkpoints", option(() -> request.checkpoints(0, 1)));
    assertEquals("evaluation", option(() -> request.evaluation(1, -1)));
    assertEquals("out", option(() -> FineTuning.of(MODEL, folder).run()));
    assertEquals(6, request.steps());
    assertEquals(folder.resolve("d"), request.out());
    assertNull(request.seed());
  }

  private static String option(org.junit.jupiter.api.function.Executable executable) {
    return assertThrows(RequestException.class, executable).option();
  }
}
