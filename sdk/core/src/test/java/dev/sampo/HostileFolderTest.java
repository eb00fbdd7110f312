package dev.sampo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.diffusion.staged.CascadePipeline;
import dev.sampo.diffusion.staged.StagedRequest;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.PictureRequest;
import dev.sampo.runtime.OnnxFile;
import dev.sampo.sound.LogMelFeatures;
import dev.sampo.stroke.HandwritingPipeline;
import dev.sampo.stroke.HandwritingRequest;
import dev.sampo.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Folders with one number that cannot be, and requests that multiply beyond all memory: an error that names it, and nothing allocated. */
@Timeout(120)
class HostileFolderTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("sampo.home", "."), "sdk/core/src/test/resources/golden");
  private static final Path MODELS =
      Path.of(System.getProperty("sampo.home", "."), "exporter-specs/models");
  @TempDir Path folder;

  private Path copied(Path from) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(from)) {
      files = all.filter(Files::isRegularFile).collect(Collectors.toList());
    }
    for (Path file : files) {
      Path to = folder.resolve(from.relativize(file).toString());
      Files.createDirectories(to.getParent());
      Files.copy(file, to);
    }
    return folder;
  }

  private static void put(Path file, String key, String value) throws IOException {
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    String by = "\"" + key + "\": " + value;
    String changed =
        text.replaceFirst("\"" + key + "\": *(\\[[^\\]]*\\]|\\{[^}]*\\}|\"[^\"]*\"|[^,}\\n]*)", by);
    Files.write(
        file,
        (text.contains("\"" + key + "\"") ? changed : text.replaceFirst("\\{", "{" + by + ","))
            .getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void cascade_whenSampleSizeCannotBe_thenErrorNamesTheFile() throws IOException {
    Path file = copied(GOLDEN.resolve("cascade/tiny_if/model")).resolve("stage_1/unet/config.json");
    StagedRequest request =
        StagedRequest.builder().prompt("a").numInferenceSteps(2, 2).seed(1).build();
    for (String value : List.of("[64]", "[64, -1]", "2147483647", "\"x\"")) {
      put(file, "sample_size", value);
      try (CascadePipeline pipeline = CascadePipeline.open(folder)) {
        ModelException e = assertThrows(ModelException.class, () -> pipeline.generate(request));
        assertEquals(file.toString(), e.path().toString());
        assertTrue(String.valueOf(e.getMessage()).contains("sample_size"), e.getMessage());
      }
    }
  }

  @Test
  void diffusion_whenSizesCannotBe_thenErrorNamesTheFile() throws IOException {
    Path model = copied(GOLDEN.resolve("diffusion/pipelines/tiny_sd/model"));
    Path file = model.resolve("unet/config.json");
    DiffusionRequest request =
        DiffusionRequest.builder().prompt("a").numInferenceSteps(1).seed(1).build();
    for (String value : List.of("[]", "1e9")) {
      put(file, "sample_size", value);
      try (DiffusionPipeline pipeline = DiffusionPipeline.open(folder)) {
        ModelException e = assertThrows(ModelException.class, () -> pipeline.generate(request));
        assertEquals(file, e.path());
      }
    }
    put(file, "sample_size", "8");
    try (DiffusionPipeline pipeline = DiffusionPipeline.open(folder)) {
      for (DiffusionRequest wild :
          List.of(
              request.toBuilder().count(Integer.MAX_VALUE).build(),
              request.toBuilder().size(1 << 30, 1 << 30).build())) {
        RequestException e = assertThrows(RequestException.class, () -> pipeline.generate(wild));
        assertTrue(String.valueOf(e.getMessage()).contains("that fit"), e.getMessage());
      }
    }
  }

  @Test
  void pictures_whenTheCountIsBeyondMemory_thenError() {
    try (GanPipeline gan = GanPipeline.open(MODELS.resolve("digits-gan"))) {
      PictureRequest request = PictureRequest.of(1, Integer.MAX_VALUE);
      RequestException e = assertThrows(RequestException.class, () -> gan.sample(request));
      assertEquals("count", e.option());
    }
    try (HandwritingPipeline pen = HandwritingPipeline.open(MODELS.resolve("strokes-digits"))) {
      HandwritingRequest request = HandwritingRequest.builder().count(Integer.MAX_VALUE).build();
      RequestException e = assertThrows(RequestException.class, () -> pen.write(request));
      assertEquals("count", e.option());
    }
  }

  @Test
  void features_whenTheirNumbersCannotBe_thenError() {
    for (String key :
        List.of("n_fft", "hop_length", "feature_size", "sampling_rate", "chunk_length")) {
      for (int value : new int[] {0, -1, Integer.MAX_VALUE}) {
        ModelException e =
            assertThrows(
                ModelException.class,
                () -> LogMelFeatures.of(JsonNodeFactory.instance.objectNode().put(key, value)));
        assertTrue(String.valueOf(e.getMessage()).contains(key + " in "), e.getMessage());
      }
    }
  }

  @Test
  void open_whenAPipeOrADeviceStandsForAFile_thenRefusedAndNotRead() throws Exception {
    Path model = copied(MODELS.resolve("scripture-lstm"));
    for (String name : List.of("sampo.json", "tokenizer_config.json", "tokenizer.json")) {
      Path file = model.resolve(name);
      Files.deleteIfExists(file);
      Files.createSymbolicLink(file, Path.of("/dev/zero"));
      ModelException e =
          assertThrows(ModelException.class, () -> Tokenizer.fromFolder(folder), name);
      assertTrue(String.valueOf(e.getMessage()).contains(file + ": it is no file"), e.getMessage());
      Files.delete(file);
    }
    Path pipe = folder.resolve("model.onnx");
    if (new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0) {
      assertThrows(ModelException.class, () -> Sampo.open(pipe).close());
      assertThrows(ModelException.class, () -> OnnxFile.read(pipe));
    }
  }
}
