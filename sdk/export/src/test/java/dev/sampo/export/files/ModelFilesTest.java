package dev.sampo.export.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFilesTest {
  @TempDir Path folder;

  @Test
  void whole_whenFilled_thenAsOpenToOthersAsAnyNewFolder() throws IOException {
    Path target = folder.resolve("made");
    String said =
        ModelFiles.whole(
            target,
            ".making",
            partial -> {
              Files.writeString(Files.createDirectory(partial.resolve("inner")).resolve("f"), "");
              return "done";
            });
    assertEquals("done", said);
    assertTrue(Files.exists(target.resolve("inner/f")));
    Path usual = Files.createDirectory(folder.resolve("usual"));
    if (Files.getFileStore(folder).supportsFileAttributeView("posix")) {
      assertEquals(Files.getPosixFilePermissions(usual), Files.getPosixFilePermissions(target));
    }
    ModelFiles.delete(target);
    assertFalse(Files.exists(target));
  }

  @Test
  void whole_whenTheWorkFails_thenNothingStays() throws IOException {
    Path target = folder.resolve("made");
    assertThrows(
        IOException.class,
        () ->
            ModelFiles.whole(
                target,
                ".making",
                partial -> {
                  Files.writeString(partial.resolve("f"), "");
                  throw new IOException("full");
                }));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }
}
