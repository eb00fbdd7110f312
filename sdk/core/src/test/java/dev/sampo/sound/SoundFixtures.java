package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.io.NpyArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Golden cases of a folder of {@code sampo.golden}, or of the test resources where that root lacks it. */
final class SoundFixtures {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SoundFixtures() {}

  static Path root(String folder) {
    String given = System.getProperty("sampo.golden");
    if (given != null && Files.isDirectory(Path.of(given).resolve(folder))) {
      return Path.of(given).resolve(folder);
    }
    return own(folder);
  }

  static Path own(String folder) {
    try {
      return Path.of(SoundFixtures.class.getResource("/golden").toURI()).resolve(folder);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Folders with a case.json whose model is of that type, below the root. */
  static List<Path> cases(String folder, String modelType) {
    try (Stream<Path> all = Files.walk(root(folder))) {
      List<Path> found =
          all.filter(p -> p.endsWith("case.json"))
              .map(Path::getParent)
              .filter(
                  p ->
                      json(model(p).resolve("config.json"))
                          .path("model_type")
                          .asText()
                          .equals(modelType))
              .sorted()
              .collect(Collectors.toList());
      if (found.isEmpty()) {
        fail("No case of " + modelType + " under " + root(folder).toAbsolutePath());
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The model folder of a case. */
  static Path model(Path caseFolder) {
    return caseFolder.getParent().getParent().resolve("model");
  }

  static String name(Path caseFolder) {
    return model(caseFolder).getParent().getFileName() + "/" + caseFolder.getFileName();
  }

  static JsonNode json(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static NpyArray npy(Path file) {
    try {
      return NpyArray.read(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void close(String what, float[] wanted, float[] got, double bound) {
    assertEquals(wanted.length, got.length, what + ": length");
    for (int i = 0; i < wanted.length; i++) {
      if (!(Math.abs(wanted[i] - got[i]) <= bound)) {
        fail(what + "[" + i + "]: wanted " + wanted[i] + ", got " + got[i] + ", bound " + bound);
      }
    }
  }
}
