package dev.sampo.diffusion;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sampo.io.NpyArray;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Folders that real pipelines read otherwise than their files say alone; under {@code sampo.cases}, or the module's own copies. */
class DiffusionCasesTest {
  private static List<Path> folders(String kind) {
    String given = System.getProperty("sampo.cases");
    try {
      Path root =
          given != null && Files.isDirectory(Path.of(given).resolve(kind))
              ? Path.of(given).resolve(kind)
              : Path.of(DiffusionCasesTest.class.getResource("/cases/" + kind).toURI());
      try (Stream<Path> all = Files.list(root)) {
        List<Path> found = all.filter(Files::isDirectory).sorted().collect(Collectors.toList());
        assertFalse(found.isEmpty(), "No case under " + root);
        return found;
      }
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<DynamicTest> each(String kind, java.util.function.Consumer<Path> check) {
    return folders(kind).stream()
        .map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> check.accept(f)))
        .collect(Collectors.toList());
  }

  private static void close(Path file, float[] got) {
    float[] wanted = Fixtures.npy(file).toFloats();
    double max = 1;
    for (float value : wanted) {
      max = Math.max(max, Math.abs(value));
    }
    Fixtures.close(file.getFileName().toString(), wanted, got, 1e-3 * max);
  }

  @TestFactory
  List<DynamicTest> schedulerDefaults_whenKeysAreAbsent_thenThoseOfThePipeline() {
    return each(
        "scheduler-defaults",
        folder -> {
          try (DiffusionPipeline pipeline = DiffusionPipeline.open(folder)) {
            DiffusionRequest request =
                DiffusionRequest.builder().prompt("a").seed(3).numInferenceSteps(5).build();
            close(
                folder.resolve("want-latents.npy"), pipeline.generate(request).latents().toArray());
          }
        });
  }

  @TestFactory
  List<DynamicTest> vaeStatistics_whenChannelsHaveTheirOwn_thenTakenBackBeforeDecoding() {
    return each(
        "vae-statistics",
        folder -> {
          try (DiffusionModel model =
              DiffusionModel.open(ModelFolder.open(folder), SessionConfig.defaults())) {
            NpyArray z = Fixtures.npy(folder.resolve("latents.npy"));
            int[] n = java.util.Arrays.stream(z.shape()).mapToInt(Math::toIntExact).toArray();
            PictureBatch latents = PictureBatch.of(n[0], n[1], n[2], n[3], z.toFloats());
            close(
                folder.resolve("want-decoder-output.npy"),
                model.decode(latents, 0, CancellationToken.none()).toArray());
          }
        });
  }
}
