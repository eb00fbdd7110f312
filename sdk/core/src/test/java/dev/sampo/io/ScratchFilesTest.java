package dev.sampo.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchFilesTest {
  @TempDir Path folder;

  private static String ofDead(String name) throws Exception {
    Process process = new ProcessBuilder("true").start();
    process.waitFor();
    return name.replaceFirst("sampo-\\d+-", "sampo-" + process.pid() + "-");
  }

  @Test
  void sweep_whenTheMakerIsGone_removesFilesAndFoldersAndNothingElse() throws Exception {
    Path live = Files.createFile(folder.resolve(ScratchFiles.name("a.bin")));
    Path dead = Files.createFile(folder.resolve(ofDead(ScratchFiles.name("a.bin"))));
    Path deadFolder = Files.createDirectory(folder.resolve(ofDead(ScratchFiles.name("step"))));
    Files.createFile(deadFolder.resolve("weights"));
    Path kept = Files.createFile(folder.resolve("precious"));
    Files.createSymbolicLink(deadFolder.resolve("link"), kept);
    Path alike = Files.createFile(folder.resolve(".a.bin.sampo-1.tmp"));
    ScratchFiles.sweep(folder);
    assertTrue(Files.exists(live));
    assertFalse(Files.exists(dead));
    assertFalse(Files.exists(deadFolder));
    assertTrue(Files.exists(kept));
    assertTrue(Files.exists(alike));
  }

  @Test
  void sweep_whenOfAnotherMachine_removesAfterADay() throws Exception {
    String name = ofDead(ScratchFiles.name("a")).replaceFirst("-[0-9a-f]{8}-", "-01234567-");
    Path foreign = Files.createFile(folder.resolve(name));
    ScratchFiles.sweep(folder);
    assertTrue(Files.exists(foreign));
    Files.setLastModifiedTime(
        foreign, FileTime.fromMillis(System.currentTimeMillis() - 25L * 3600 * 1000));
    ScratchFiles.sweep(folder);
    assertFalse(Files.exists(foreign));
  }

  @Test
  void name_whenAskedTwice_givesTwo() {
    assertNotEquals(ScratchFiles.name("a"), ScratchFiles.name("a"));
    assertTrue(ScratchFiles.isAlive(ProcessHandle.current().pid()));
  }

  @Test
  void write_whenARunWasKilled_removesWhatItLeft() throws Exception {
    Path left = Files.createFile(folder.resolve(ofDead(ScratchFiles.name("weights.onnx"))));
    AtomicFile.write(folder.resolve("weights.onnx"), out -> out.write(1));
    assertFalse(Files.exists(left));
  }

  @Test
  void folder_whenMade_isPrivate() throws IOException {
    Path made = ScratchFiles.folder("test");
    try {
      assertEquals("[OWNER_EXECUTE, OWNER_READ, OWNER_WRITE]", permissions(made));
    } finally {
      ScratchFiles.delete(made);
    }
    assertFalse(Files.exists(made));
  }

  private static String permissions(Path path) throws IOException {
    return new java.util.TreeSet<>(
            Files.getPosixFilePermissions(path).stream().map(Enum::name).toList())
        .toString();
  }
}
