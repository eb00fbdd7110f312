package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.imaging.Pictures;
import dev.sampo.io.NpyArray;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code forecast}, {@code image-to-image}, and what a command says of a model that another one runs. */
class FurtherFamiliesTest {
  private static final Path TINY =
      Path.of(System.getProperty("sampo.home", "../.."), "sdk/core/src/test/resources/latent");

  @TempDir Path folder;

  @Test
  void forecast_whenCsv_thenQuantilesOfTheSameSeed() throws IOException {
    Path series = folder.resolve("seen.csv");
    Files.writeString(series, "value\n9\n11\n10\n12\n");
    Path out = folder.resolve("paths.npy");
    String[] args = {
      "forecast",
      TINY.resolve("forecast").toString(),
      "--input",
      series.toString(),
      "--horizon",
      "3",
      "--paths",
      "20",
      "--quantile",
      "0.25,0.75",
      "--seed",
      "4",
      "--json",
      "--out",
      out.toString()
    };
    CommandRun run = CommandRun.of(args);
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    JsonNode quantiles = new ObjectMapper().readTree(run.out()).get("quantiles");
    assertEquals(3, quantiles.get("0.25").size());
    assertEquals(
        quantiles, new ObjectMapper().readTree(CommandRun.of(args).out()).get("quantiles"));
    assertEquals(20 * 3, NpyArray.read(out).toFloats().length);
    assertTrue(
        quantiles.get("0.25").get(0).get(0).asDouble()
            < quantiles.get("0.75").get(0).get(0).asDouble());
  }

  @Test
  void forecast_whenLineHasTooManyValues_thenWrongUsage() throws IOException {
    Path series = folder.resolve("seen.csv");
    Files.writeString(series, "1,2\n");
    CommandRun run =
        CommandRun.of(
            "forecast", TINY.resolve("forecast").toString(), "--input", series.toString());
    assertEquals(ExitCode.USAGE, run.exitCode());
    assertTrue(run.err().contains("line 1: 2 values, the model wants 1"), run.err());
  }

  @Test
  void imageToImage_whenPicture_thenAsLargeAsTheModelMakesIt() throws IOException {
    Path in = folder.resolve("in.png");
    Pictures.writePng(in, Pixels.filled(12, 9, 200));
    Path out = folder.resolve("out.png");
    CommandRun run =
        CommandRun.of(
            "image-to-image",
            TINY.resolve("super-resolution").toString(),
            "--input",
            in.toString(),
            "--out",
            out.toString());
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    assertEquals(24, Pictures.read(out).widthPx());
    assertEquals(18, Pictures.read(out).heightPx());
  }

  @Test
  void latent_whenModelIsForAnotherCommand_thenErrorNamesIt() {
    CommandRun run = CommandRun.of("latent", "sample", TINY.resolve("forecast").toString());
    assertEquals(ExitCode.FAILED, run.exitCode());
    assertTrue(run.err().contains("Use sampo forecast"), run.err());
  }
}
