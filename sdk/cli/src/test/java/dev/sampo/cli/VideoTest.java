package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.imaging.Pictures;
import dev.sampo.io.NpyArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sampo video}, and {@code sampo image} with models in stages, on core's tiny models of random weights. */
class VideoTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("sampo.home", "../.."), "sdk/core/src/test/resources/golden");

  @TempDir Path folder;

  private CommandRun video(String out, String... options) {
    String model = GOLDEN.resolve("video/tiny_wan/model").toString();
    String[] start = {
      "video",
      model,
      "--prompt",
      "a red boat",
      "--num-frames",
      "5",
      "--width",
      "32",
      "--height",
      "32",
      "--num-inference-steps",
      "2",
      "--max-sequence-length",
      "16",
      "--seed",
      "3",
      "--out",
      folder.resolve(out).toString()
    };
    String[] all = java.util.Arrays.copyOf(start, start.length + options.length);
    System.arraycopy(options, 0, all, start.length, options.length);
    return CommandRun.of(all);
  }

  @Test
  void video_whenGif_thenAnAnimation() throws IOException {
    CommandRun run = video("clip.gif");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    byte[] gif = Files.readAllBytes(folder.resolve("clip.gif"));
    assertEquals("GIF89a", new String(gif, 0, 6, java.nio.charset.StandardCharsets.US_ASCII));
  }

  @Test
  void video_whenPng_thenANumberedPictureAFrameWithItsSettings() throws IOException {
    CommandRun run = video("clip.png");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    for (int i = 0; i < 5; i++) {
      Path frame = folder.resolve("clip-000" + i + ".png");
      assertEquals(32, Pictures.read(frame).widthPx());
      assertEquals("3", Pictures.readPngText(frame).get("seed"));
    }
  }

  @Test
  void video_whenNpy_thenFramesOfBytes() throws IOException {
    assertEquals(ExitCode.OK, video("clip.npy").exitCode());
    long[] shape = NpyArray.read(folder.resolve("clip.npy")).shape();
    assertArrayEquals(new long[] {5, 32, 32, 3}, shape);
  }

  @Test
  void video_whenTheModelIsOfAnotherFamily_thenErrorNamesTheCommand() {
    CommandRun run = CommandRun.of("video", "digits-gan", "--prompt", "a");
    assertEquals(ExitCode.FAILED, run.exitCode());
    assertTrue(run.err().contains("Use sampo latent"), run.err());
  }

  @Test
  void image_whenTheModelHasStages_thenAPicture() throws IOException {
    for (String model : new String[] {"cascade/tiny_if/model", "unclip/tiny_kandinsky22/model"}) {
      Path out = folder.resolve("staged.png");
      CommandRun run =
          CommandRun.of(
              "image",
              GOLDEN.resolve(model).toString(),
              "--prompt",
              "a red boat",
              "--num-inference-steps",
              "2",
              "--seed",
              "3",
              "--out",
              out.toString());
      assertEquals(ExitCode.OK, run.exitCode(), run.err());
      assertEquals("3", Pictures.readPngText(out).get("seed"));
    }
  }

  @Test
  void image_whenASchedulerOptionIsGiven_thenItReachesTheScheduler() throws IOException {
    Path out = folder.resolve("a.png");
    CommandRun run =
        CommandRun.of(
            "image",
            "digits-diffusion",
            "--class-label",
            "1",
            "--num-inference-steps",
            "2",
            "--scheduler-option",
            "timestep_spacing=trailing",
            "--out",
            out.toString());
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    assertEquals("trailing", Pictures.readPngText(out).get("timestep_spacing"));
    CommandRun wrong =
        CommandRun.of("image", "digits-diffusion", "--scheduler-option", "timestep_spacin=a");
    assertTrue(wrong.err().contains("timestep_spacin"), wrong.err());
  }
}
