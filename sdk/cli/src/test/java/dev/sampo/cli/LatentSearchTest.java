package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.imaging.Pictures;
import dev.sampo.io.NpyArray;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sampo latent search} on pictures that the models made themselves. */
class LatentSearchTest {
  @TempDir Path folder;

  private JsonNode search(String model, String... more) throws Exception {
    Path picture = folder.resolve(model + ".png");
    String[] sample = {
      "latent", "sample", model, "--class-label", "7", "--seed", "5", "--out", picture.toString()
    };
    assertEquals(ExitCode.OK, CommandRun.of(sample).exitCode());
    String[] words = {
      "latent", "search", model, "--input", picture.toString(), "--seed", "1", "--json"
    };
    String[] all = java.util.Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    CommandRun run = CommandRun.of(all);
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void search_byGradient_findsTheClassAndThePicture() throws Exception {
    Path out = folder.resolve("found.png");
    JsonNode found = search("digits-gan", "--out", out.toString());
    assertEquals(7, found.get("class_labels").get(0).asInt());
    assertTrue(found.get("losses").get(0).asDouble() < 0.02, found.toString());
    assertTrue(Pictures.read(out).widthPx() > 28);
  }

  @Test
  void search_byEvolution_writesLatents() throws Exception {
    Path out = folder.resolve("z.npy");
    JsonNode found =
        search(
            "digits-gan",
            "--class-label",
            "7",
            "--by",
            "evolution",
            "--steps",
            "60",
            "--out",
            out.toString());
    assertEquals(1, found.get("losses").size());
    assertEquals(64, NpyArray.read(out).shape()[1]);
  }

  @Test
  void search_byGradientWhereThereIsNone_saysWhatToUse() throws Exception {
    Path picture = folder.resolve("p.png");
    CommandRun.of("latent", "sample", "digits-gan", "--out", picture.toString(), "--seed", "1");
    assertTrue(Files.exists(picture));
    CommandRun run =
        CommandRun.of(
            "latent",
            "search",
            "stylegan-digits",
            "--input",
            picture.toString(),
            "--by",
            "gradient");
    assertEquals(ExitCode.USAGE, run.exitCode(), run.err());
    assertTrue(run.err().contains("use --by evolution"), run.err());
  }
}
