package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.imaging.Pictures;
import dev.sampo.io.NpyArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageTest {
  @TempDir Path folder;

  @Test
  void image_withTheSameSeed_isTheSameWhateverTheThreads() throws IOException {
    byte[] first = sevens(3, 1);
    assertArrayEquals(first, sevens(3, 1));
    assertArrayEquals(first, sevens(3, 2));
    assertFalse(Arrays.equals(first, sevens(4, 1)));
  }

  private byte[] sevens(int seed, int threads) throws IOException {
    Path out = folder.resolve("seven.png");
    CommandRun run =
        CommandRun.of(
            "image",
            "digits-diffusion",
            "--class-label",
            "7",
            "--scheduler",
            "DPMSolverMultistep",
            "--num-inference-steps",
            "12",
            "--seed",
            String.valueOf(seed),
            "--threads",
            String.valueOf(threads),
            "--out",
            out.toString());
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    Map<String, String> text = Pictures.readPngText(out);
    assertEquals(String.valueOf(seed), text.get("seed"));
    return Files.readAllBytes(out);
  }

  @Test
  void image_withOutputTypeLatent_writesAnArray() throws IOException {
    Path out = folder.resolve("latent.npy");
    CommandRun run =
        CommandRun.of(
            "image",
            "digits-diffusion",
            "--class-label",
            "1",
            "--num-inference-steps",
            "2",
            "--seed",
            "1",
            "--output-type",
            "latent",
            "--out",
            out.toString());
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    assertArrayEquals(new long[] {1, 1, 28, 28}, NpyArray.read(out).shape());
  }

  @Test
  void image_withZeroSteps_isAnErrorAndLeavesNothing() {
    assertFails("--num-inference-steps is at least 1", "--num-inference-steps", "0");
  }

  @Test
  void image_withUnknownScheduler_namesIt() {
    assertFails("Magic", "--scheduler", "Magic");
  }

  @Test
  void image_withClassThatIsNotThere_isAnError() {
    Path out = folder.resolve("out.png");
    CommandRun run =
        CommandRun.of("image", "digits-diffusion", "--class-label", "12", "--out", out.toString());
    assertEquals(ExitCode.USAGE, run.exitCode(), run.err());
    assertTrue(run.err().contains("12"), run.err());
  }

  @Test
  void image_withStrengthButNoPicture_isWrongUsage() {
    CommandRun run =
        CommandRun.of("image", "digits-diffusion", "--class-label", "1", "--strength", "0.5");
    assertEquals(ExitCode.USAGE, run.exitCode(), run.err());
    assertTrue(run.err().contains("--init-image"), run.err());
  }

  private void assertFails(String word, String... options) {
    Path out = folder.resolve("out.png");
    String[] args = new String[6 + options.length];
    System.arraycopy(
        new String[] {"image", "digits-diffusion", "--class-label", "1", "--out", out.toString()},
        0,
        args,
        0,
        6);
    System.arraycopy(options, 0, args, 6, options.length);
    CommandRun run = CommandRun.of(args);
    assertEquals(ExitCode.USAGE, run.exitCode(), run.err());
    assertTrue(run.err().contains(word), run.err());
    assertFalse(run.err().contains("fault of sampo itself"), run.err());
    assertFalse(Files.exists(out));
  }
}
