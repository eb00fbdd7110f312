package dev.sampo.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import dev.sampo.model.ModelFolder;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedExportTest {
  @TempDir Path temporary;
  private Path folder;

  @BeforeEach
  void copy() throws IOException, URISyntaxException {
    System.setProperty("sampo.cache", temporary.resolve("cache").toString());
    folder = Files.createDirectory(temporary.resolve("tiny-llama"));
    Path from =
        Path.of(CachedExportTest.class.getResource("/golden/text/weights/llama_yarn").toURI());
    for (String name : new String[] {"config.json", "model.safetensors"}) {
      Files.copy(from.resolve(name), folder.resolve(name));
    }
  }

  @AfterEach
  void reset() {
    System.clearProperty("sampo.cache");
  }

  private static long entries(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.count();
    }
  }

  @Test
  void open_whenFolderHoldsWeightsOnly_thenGraphsAreMadeOnceAndTheNameIsKept() throws IOException {
    ModelFolder first = ModelFolder.open(folder);
    assertEquals("tiny-llama", first.name());
    assertTrue(first.has("model"));
    FileTime made = Files.getLastModifiedTime(first.graph("model").path());
    ModelFolder again = ModelFolder.open(folder);
    assertEquals(first.graph("model").path(), again.graph("model").path());
    assertEquals(made, Files.getLastModifiedTime(again.graph("model").path()));
    assertEquals(2, entries(folder), "nothing may be written into the folder");
  }

  @Test
  void open_whenTheWeightsWereReplaced_thenGraphsAreMadeAnew() throws IOException {
    Path first = ModelFolder.open(folder).graph("model").path();
    Files.setLastModifiedTime(folder.resolve("model.safetensors"), FileTime.fromMillis(12345));
    assertNotEquals(first, ModelFolder.open(folder).graph("model").path());
  }

  @Test
  void open_whenTheModelCannotBeExported_thenSaysWhyAndLeavesNothing() throws IOException {
    Path config = folder.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("\"llama\"", "\"hyena\""));
    ModelException e = assertThrows(ModelException.class, () -> ModelFolder.open(folder));
    assertTrue(e.getMessage().contains("hyena"), e.getMessage());
    try (Stream<Path> all = Files.walk(temporary.resolve("cache"))) {
      assertTrue(all.noneMatch(path -> path.toString().contains("partial")));
    }
  }

  @Test
  void make_whenFolderHoldsNoWeights_thenItIsNotOurs() throws IOException {
    assertNull(new CachedExport().make(Files.createDirectory(temporary.resolve("empty"))));
  }
}
