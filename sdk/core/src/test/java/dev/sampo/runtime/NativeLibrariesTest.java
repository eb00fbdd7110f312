package dev.sampo.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each start is a process of its own: a process loads ONNX Runtime once. */
@Tag("once") // what it measures is the same with other tensors and on shrunk classes
class NativeLibrariesTest {
  @TempDir Path cache;
  @TempDir Path temporary;

  /** What the processes run. */
  static final class Start {
    private Start() {}

    public static void main(String[] args) {
      System.out.println("version " + OnnxRuntime.version());
      if (args.length > 0) {
        Runtime.getRuntime().halt(137);
      }
    }
  }

  private String start(String... arguments) throws Exception {
    return start(cache.resolve("sampo"), arguments);
  }

  private String start(Path where, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-Dsampo.cache=" + where);
    command.add("-Djava.io.tmpdir=" + temporary);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Start.class.getName());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.waitFor();
    assertTrue(output.contains("version " + OnnxRuntime.version()), output);
    return output;
  }

  private List<Path> libraries() throws IOException {
    try (Stream<Path> files = Files.walk(cache.resolve("sampo/natives"))) {
      return files.filter(f -> f.toString().contains("lib") && Files.isRegularFile(f)).toList();
    }
  }

  private List<Path> left() throws IOException {
    try (Stream<Path> files = Files.list(temporary)) {
      return files.filter(f -> !f.getFileName().toString().startsWith("hsperf")).toList();
    }
  }

  @Test
  void start_whenNormalOrKilled_unpacksOnceInPrivateAndLeavesNothing() throws Exception {
    start();
    List<Path> first = libraries();
    assertEquals(2, first.size());
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(cache.resolve("sampo/natives"))));
    Object before = Files.readAttributes(first.get(0), "unix:ino,ctime").toString();
    start("halt");
    assertEquals(before, Files.readAttributes(first.get(0), "unix:ino,ctime").toString());
    assertEquals(List.of(), left());
  }

  @Test
  void start_whenALibraryWasChangedOrIsALink_unpacksItAnew() throws Exception {
    start();
    Path library =
        libraries().stream().filter(p -> p.endsWith("libonnxruntime.so")).findFirst().orElseThrow();
    byte[] good = Files.readAllBytes(library);
    byte[] bad = good.clone();
    bad[bad.length / 2] ^= 1;
    Files.write(library, bad);
    assertTrue(start().contains("is not what the jar of ONNX Runtime holds"));
    assertArrayEquals(good, Files.readAllBytes(library));

    Path elsewhere = Files.write(cache.resolve("evil.so"), good);
    Files.delete(library);
    Files.createSymbolicLink(library, elsewhere);
    start();
    assertTrue(Files.isRegularFile(library, LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void start_whenTheCacheIsALinkOrAFile_usesItNot() throws Exception {
    Path aim = Files.createDirectory(cache.resolve("aim"));
    Path link = Files.createSymbolicLink(cache.resolve("link"), aim);
    start(link);
    try (Stream<Path> files = Files.list(aim)) {
      assertEquals(0, files.count());
    }
    Path file = Files.createFile(cache.resolve("file"));
    start(file);
    assertTrue(Files.isRegularFile(file));
  }

  @Test
  void hashes_whenTheJarIsOnTheClassPath_areTheJars() throws Exception {
    start();
    String table;
    try (var in = NativeLibraries.class.getResourceAsStream("natives.sha256")) {
      table = new String(in.readAllBytes(), UTF_8);
    }
    for (Path library : libraries()) {
      byte[] hash =
          java.security.MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(library));
      assertTrue(table.contains(java.util.HexFormat.of().formatHex(hash)), library.toString());
    }
    assertFalse(table.isEmpty());
  }
}
