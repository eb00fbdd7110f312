package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model folder that is broken in some way is a clear error with exit code 1, and nothing is left behind. */
class BrokenModelTest {
  @TempDir Path folder;
  private Path vae;
  private Path gpt;

  @BeforeEach
  void copyModels() throws IOException {
    vae = copy("digits-vae");
    gpt = copy("scripture-gpt");
  }

  @Test
  void sample_whenGraphFileIsMissing_namesIt() throws IOException {
    Files.delete(vae.resolve("decoder.onnx"));
    assertFails(sample(vae), "decoder.onnx");
  }

  @Test
  void sample_whenGraphIsTruncated_namesIt() throws IOException {
    byte[] whole = Files.readAllBytes(vae.resolve("decoder.onnx"));
    Files.write(vae.resolve("decoder.onnx"), Arrays.copyOf(whole, whole.length / 2));
    assertFails(sample(vae), "decoder.onnx");
  }

  @Test
  void sample_whenGraphIsEmpty_namesIt() throws IOException {
    Files.write(vae.resolve("decoder.onnx"), new byte[0]);
    assertFails(sample(vae), "decoder.onnx");
  }

  @Test
  void sample_whenGraphIsNoOnnx_namesIt() throws IOException {
    Files.writeString(vae.resolve("decoder.onnx"), "this is not a graph");
    assertFails(sample(vae), "decoder.onnx");
  }

  @Test
  void sample_whenInputHasAnotherName_namesIt() throws IOException {
    replace(
        vae.resolve("sampo.json"),
        "\"file\": \"decoder.onnx\"",
        "\"file\": \"decoder.onnx\", \"inputs\": {\"z\": \"noise\"}");
    assertFails(sample(vae), "noise");
  }

  @Test
  void sample_whenSpecIsUnknown_listsTheKnownOnes() throws IOException {
    replace(vae.resolve("sampo.json"), "\"spec\": \"vae\"", "\"spec\": \"magic\"");
    assertFails(sample(vae), "magic", "gan");
  }

  @Test
  void sample_whenPathEscapesTheFolder_refuses() throws IOException {
    replace(
        vae.resolve("sampo.json"), "\"file\": \"decoder.onnx\"", "\"file\": \"../decoder.onnx\"");
    assertFails(sample(vae), "../decoder.onnx");
  }

  @Test
  void text_whenTokenizerIsEmpty_namesIt() throws IOException {
    Files.write(gpt.resolve("tokenizer.json"), new byte[0]);
    assertFails(CommandRun.of("text", gpt.toString(), "--prompt", "a"), "tokenizer.json");
  }

  @Test
  void text_whenGraphHasAnotherElementType_saysWhich() throws IOException {
    Files.copy(
        vae.resolve("decoder.onnx"),
        gpt.resolve("model.onnx"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertFails(CommandRun.of("text", gpt.toString(), "--prompt", "a"), "model.onnx");
  }

  @Test
  void inspect_whenGraphDoesNotMeetItsSpec_saysHow() throws IOException {
    Files.copy(
        vae.resolve("encoder.onnx"),
        vae.resolve("decoder.onnx"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    CommandRun run = CommandRun.of("inspect", vae.toString());
    assertEquals(ExitCode.FAILED, run.exitCode(), run.out() + run.err());
    assertTrue((run.out() + run.err()).contains("'z'"), run.out() + run.err());
  }

  private CommandRun sample(Path model) {
    return CommandRun.of(
        "latent",
        "sample",
        model.toString(),
        "--seed",
        "1",
        "--out",
        folder.resolve("out.png").toString());
  }

  private void assertFails(CommandRun run, String... words) throws IOException {
    assertEquals(ExitCode.FAILED, run.exitCode(), run.err());
    for (String word : words) {
      assertTrue(run.err().contains(word), "no '" + word + "' in: " + run.err());
    }
    assertFalse(run.err().contains("fault of sampo itself"), run.err());
    assertEquals("", run.out());
    assertFalse(Files.exists(folder.resolve("out.png")));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(2, left.count(), "something was left behind in " + folder);
    }
  }

  private Path copy(String name) throws IOException {
    Path from = ShippedModels.ofHome().path(name);
    Path to = folder.resolve(name);
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, to.resolve(file.getFileName().toString()));
      }
    }
    return to;
  }

  private static void replace(Path file, String from, String to) throws IOException {
    String text = Files.readString(file, StandardCharsets.UTF_8);
    assertTrue(text.contains(from), from + " is not in " + file);
    Files.writeString(file, text.replace(from, to));
  }
}
