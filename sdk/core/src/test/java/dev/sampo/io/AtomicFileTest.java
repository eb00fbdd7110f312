package dev.sampo.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void write_whenContentFails_thenOldFileStaysAndNothingIsLeft() throws IOException {
    Path file = folder.resolve("a.txt");
    Files.writeString(file, "old");
    IOException failure = new IOException("disk full");
    IOException e =
        assertThrows(
            IOException.class,
            () ->
                AtomicFile.write(
                    file,
                    out -> {
                      out.write(1);
                      throw failure;
                    }));
    assertEquals(failure, e);
    assertEquals("old", Files.readString(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void write_whenFolderIsMissing_thenItIsMade() throws IOException {
    Path file = folder.resolve("b/c/a.txt");
    AtomicFile.write(file, out -> out.write('x'));
    assertEquals("x", Files.readString(file));
  }

  @Test
  void write_whenTargetIsAFolder_thenErrorSaysSo() {
    IOException e = assertThrows(IOException.class, () -> AtomicFile.write(folder, out -> {}));
    assertEquals("Cannot write " + folder + ": it is a folder. Name a file in it.", e.getMessage());
  }
}
