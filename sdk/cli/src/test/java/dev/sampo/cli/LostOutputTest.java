package dev.sampo.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each in a process of its own, as a shell starts it. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class LostOutputTest {
  private static final String GENERATE =
      "text scripture-lstm --prompt And --stream --max-new-tokens 100000";

  @TempDir Path folder;

  private record Ended(int exitCode, String err) {}

  private Process start(String options, String arguments, String redirections) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String command =
        "exec '"
            + java
            + "' -XX:TieredStopAtLevel=1 "
            + options
            + " -Dsampo.home='"
            + System.getProperty("sampo.home")
            + "' -cp '"
            + System.getProperty("java.class.path")
            + "' dev.sampo.cli.Main "
            + arguments
            + " "
            + redirections;
    return new ProcessBuilder("sh", "-c", command)
        .directory(folder.toFile())
        .redirectError(folder.resolve("err").toFile())
        .start();
  }

  private Ended run(String options, String arguments, String redirections) throws Exception {
    Process process = start(options, arguments, redirections);
    process.getOutputStream().close();
    process.getInputStream().readAllBytes();
    int exitCode = process.waitFor();
    return new Ended(exitCode, Files.readString(folder.resolve("err")));
  }

  @Test
  void stdout_whenTheDiskIsFull_isAFailureAtOnce() throws Exception {
    for (String arguments : new String[] {GENERATE, "models", "--help"}) {
      Ended ended = run("", arguments, ">/dev/full");
      assertEquals(ExitCode.FAILED, ended.exitCode(), arguments + ": " + ended.err());
      assertTrue(ended.err().contains("the output is lost: No space left"), ended.err());
      assertEquals(1, ended.err().lines().filter(l -> l.startsWith("sampo:")).count());
    }
  }

  @Test
  void stdout_whenClosed_isAFailure() throws Exception {
    Ended ended = run("", GENERATE, ">&-");
    assertEquals(ExitCode.FAILED, ended.exitCode(), ended.err());
    assertTrue(ended.err().contains("the output is lost"), ended.err());
  }

  @Test
  void stdout_whenItsReaderGoes_ends141() throws Exception {
    Process process = start("", GENERATE, "");
    try (InputStream in = process.getInputStream()) {
      assertTrue(in.read() >= 0);
    }
    assertEquals(ExitCode.BROKEN_PIPE, process.waitFor());
    assertEquals("", Files.readString(folder.resolve("err")));
  }

  @Test
  void stdin_whenClosedAndAskedFor_isAnError() throws Exception {
    Ended ended = run("", "text scripture-lstm --prompt -", "<&-");
    assertEquals(ExitCode.FAILED, ended.exitCode(), ended.err());
    assertTrue(ended.err().contains("stdin"), ended.err());
    assertTrue(ended.err().lines().count() <= 2, ended.err());
  }

  @Test
  void memory_whenItRunsOut_isOneLine() throws Exception {
    Files.write(folder.resolve("big.txt"), "x".repeat(30 << 20).getBytes(UTF_8));
    Ended ended = run("-Xmx24m", "text scripture-lstm --prompt -", "<big.txt");
    assertEquals(ExitCode.FAILED, ended.exitCode(), ended.err());
    assertTrue(ended.err().contains("sampo: out of memory"), ended.err());
    assertTrue(!ended.err().contains("\tat "), ended.err());
  }

  @Test
  void inspect_whenTheGraphIsRelative_showsIt() throws Exception {
    Path model = Path.of(System.getProperty("sampo.home"), "exporter-specs/models/digits-vae");
    try (var files = Files.walk(model)) {
      Path graph = files.filter(f -> f.toString().endsWith(".onnx")).findFirst().orElseThrow();
      Files.copy(graph, folder.resolve("bare.onnx"));
    }
    Process process = start("", "inspect bare.onnx", "");
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(ExitCode.OK, process.waitFor(), Files.readString(folder.resolve("err")));
    assertTrue(out.contains("(bare.onnx)"), out);
  }
}
