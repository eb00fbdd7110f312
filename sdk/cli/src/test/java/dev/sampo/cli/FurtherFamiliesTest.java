package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.imaging.Pictures;
import dev.sampo.io.NpyArray;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
  void imageToImage_whenGraphDrawsInside_thenSeedReachesIt() throws IOException {
    GraphBuilder graph = new GraphBuilder();
    TensorType picture = TensorType.floats(1, 3, 8, 8);
    Value x = graph.input("sample", picture);
    Value sum = graph.op("Add", x, graph.op("RandomNormalLike", x));
    graph.output(graph.named(sum, "out_sample", picture));
    Path net = Files.createDirectories(folder.resolve("net"));
    Models.write(graph.model(), net.resolve("generator.onnx"));
    Files.writeString(
        net.resolve("sampo.json"),
        "{\"spec\": \"image-to-image\", \"name\": \"net\", \"graphs\": {\"generator\": {\"file\": \"generator.onnx\"}}, \"image\": {\"channels\": 3, \"range\": [-1, 1]}}");
    Path in = folder.resolve("in.png");
    Pictures.writePng(in, Pixels.filled(8, 8, 128));
    byte[][] made = new byte[3][];
    for (int i = 0; i < 3; i++) {
      Path out = folder.resolve("out" + i + ".png");
      CommandRun run =
          CommandRun.of(
              "image-to-image",
              net.toString(),
              "--input",
              in.toString(),
              "--out",
              out.toString(),
              "--seed",
              i < 2 ? "4" : "5");
      assertEquals(ExitCode.OK, run.exitCode(), run.err());
      made[i] = Files.readAllBytes(out);
    }
    assertArrayEquals(made[0], made[1]);
    assertFalse(Arrays.equals(made[0], made[2]));
    String said = CommandRun.of("inspect", net.toString()).out();
    assertTrue(
        said.contains("draws random numbers inside (RandomNormalLike): --seed sets them"), said);
  }

  @Test
  void latent_whenModelIsForAnotherCommand_thenErrorNamesIt() {
    CommandRun run = CommandRun.of("latent", "sample", TINY.resolve("forecast").toString());
    assertEquals(ExitCode.FAILED, run.exitCode());
    assertTrue(run.err().contains("Use sampo forecast"), run.err());
  }
}
