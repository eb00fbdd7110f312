package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same seed gives the same result, byte for byte, whatever the number of threads; another seed another one. */
class ReproducibleTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"digits-gan", "digits-vae"})
  void latentSample_withTheSameSeed_isTheSameFile(String model) throws IOException {
    byte[] first = sample(model, 5, 1);
    assertArrayEquals(first, sample(model, 5, 1));
    assertArrayEquals(first, sample(model, 5, 2));
    assertArrayEquals(first, sample(model, 5, 4));
    assertFalse(Arrays.equals(first, sample(model, 6, 1)));
  }

  private byte[] sample(String model, int seed, int threads) throws IOException {
    Path out = folder.resolve("sample.png");
    CommandRun run =
        CommandRun.of(
            "latent",
            "sample",
            model,
            "--count",
            "20",
            "--seed",
            String.valueOf(seed),
            "--threads",
            String.valueOf(threads),
            "--out",
            out.toString());
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    return Files.readAllBytes(out);
  }

  @Test
  void text_withTheSameSeed_isTheSameText() {
    String first = text(5, 1);
    assertEquals(first, text(5, 1));
    assertEquals(first, text(5, 2));
    assertEquals(first, text(5, 4));
    assertNotEquals(first, text(6, 1));
  }

  private static String text(int seed, int threads) {
    CommandRun run =
        CommandRun.of(
            "text",
            "scripture-lstm",
            "--prompt",
            "In the",
            "--do-sample",
            "--max-new-tokens",
            "80",
            "--seed",
            String.valueOf(seed),
            "--threads",
            String.valueOf(threads));
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    return run.out();
  }
}
