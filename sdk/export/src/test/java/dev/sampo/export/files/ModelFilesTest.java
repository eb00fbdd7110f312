package dev.sampo.export.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFilesTest {
  @TempDir Path folder;

  @Test
  void partial_whenMade_thenAsOpenToOthersAsAnyNewFolder() throws IOException {
    Path partial = ModelFiles.partial(folder, ".made");
    Path usual = Files.createDirectory(folder.resolve("usual"));
    if (Files.getFileStore(folder).supportsFileAttributeView("posix")) {
      assertEquals(Files.getPosixFilePermissions(usual), Files.getPosixFilePermissions(partial));
    }
    Files.writeString(Files.createDirectory(partial.resolve("inner")).resolve("f"), "");
    ModelFiles.delete(partial);
    assertFalse(Files.exists(partial));
  }
}
