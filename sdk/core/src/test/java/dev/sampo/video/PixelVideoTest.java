package dev.sampo.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the net that ships. */
class PixelVideoTest {
  private static final Path MODEL =
      Paths.get(System.getProperty("sampo.home"), "exporter-specs", "models", "digits-video");

  private static VideoPipeline net;

  @BeforeAll
  static void open() {
    net = VideoPipeline.open(MODEL);
  }

  @AfterAll
  static void close() {
    net.close();
  }

  private static VideoRequest.Builder seven() {
    return VideoRequest.builder().classLabel(7).seed(3).numInferenceSteps(4);
  }

  private static String option(VideoRequest request) {
    return assertThrows(RequestException.class, () -> net.generate(request)).option();
  }

  @Test
  void generate_whenResumed_thenAsInOneGo() {
    PictureBatch whole = net.generate(seven().build()).videos().get(0);
    assertEquals(8, whole.count());
    assertEquals(28, whole.widthPx());
    CancellationToken token = new CancellationToken();
    AtomicReference<VideoState> state = new AtomicReference<>();
    VideoRequest cut =
        seven()
            .cancellation(token)
            .progress(
                step -> {
                  if (step.done() == 2) {
                    assertEquals(28, step.preview().heightPx());
                    state.set(step.state());
                    token.cancel();
                  }
                })
            .build();
    assertThrows(CancelledException.class, () -> net.generate(cut));
    VideoResult rest = net.generate(seven().resume(state.get()).build());
    assertEquals(whole, rest.videos().get(0));
    assertNotEquals(whole, net.generate(seven().classLabel(0).build()).videos().get(0));
  }

  @Test
  void generate_whenRequestDoesNotFit_thenItsOptionIsNamed() {
    assertEquals("prompt", option(seven().prompt("seven").build()));
    assertEquals("numFrames", option(seven().numFrames(9).build()));
    assertEquals("widthPx", option(seven().size(32, 28).build()));
    assertEquals("classLabel", option(seven().classLabel(12).build()));
    assertEquals("classLabel", option(seven().count(3).classLabel(1, 2).build()));
  }

  @Test
  void open_whenSchedulerFileIsNoJson_thenErrorNamesIt(@TempDir Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(MODEL)) {
      for (Path file : all.filter(Files::isRegularFile).collect(Collectors.toList())) {
        Path to = folder.resolve(MODEL.relativize(file).toString());
        Files.createDirectories(to.getParent());
        Files.copy(file, to);
      }
    }
    Path scheduler = folder.resolve("scheduler/scheduler_config.json");
    Files.writeString(scheduler, "{\"_class_name\": ");
    ModelException e = assertThrows(ModelException.class, () -> VideoPipeline.open(folder).close());
    assertEquals(scheduler, e.path());
  }
}
