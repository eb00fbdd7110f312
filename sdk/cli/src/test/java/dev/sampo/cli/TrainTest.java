package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.imaging.Pictures;
import dev.sampo.picture.Pixels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code sampo train}: pictures and texts in, a model folder out; what goes wrong is said. */
class TrainTest {
  @TempDir Path folder;

  private String[] command(String... words) {
    List<String> all = new ArrayList<>(List.of("train"));
    for (String word : words) {
      all.add(word.replace("@", folder + "/"));
    }
    return all.toArray(new String[0]);
  }

  private void digits(int sizePx) throws IOException {
    for (int i = 0; i < 12; i++) {
      Pixels picture = Pixels.filled(sizePx, sizePx, 20 * i, 20 * i, 10);
      Path file = folder.resolve("set").resolve(String.valueOf(i % 3)).resolve(i + ".png");
      Files.createDirectories(file.getParent());
      Pictures.writePng(file, picture);
    }
  }

  private static List<Integer> steps(Path log, String split) throws IOException {
    List<Integer> result = new ArrayList<>();
    for (String line : Files.readAllLines(log)) {
      JsonNode json = new ObjectMapper().readTree(line);
      if (json.get("split").asText().equals(split)) {
        result.add(json.get("step").asInt());
      }
    }
    return result;
  }

  private long checkpoints() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("tuned/checkpoints"))) {
      return files.filter(f -> !f.getFileName().toString().startsWith(".")).count();
    }
  }

  @Test
  void train_onAFolderOfPictures_writesAModelAndGoesOnFromThere() throws Exception {
    digits(40);
    String[] words = {
      "digits-vae",
      "--data",
      "@set",
      "--out",
      "@tuned",
      "--resize",
      "--batch-size",
      "2",
      "--validation",
      "0.2",
      "--keep",
      "1",
      "--checkpoint-every",
      "2",
      "--steps"
    };
    List<String> first = new ArrayList<>(List.of(words));
    first.add("3");
    CommandRun run = CommandRun.of(command(first.toArray(new String[0])));
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    assertTrue(run.out().contains("validation_after"), run.out());
    Path tuned = folder.resolve("tuned");
    assertEquals(ExitCode.OK, CommandRun.of("inspect", tuned + "/model").exitCode());
    assertTrue(Pictures.read(tuned.resolve("loss.png")).widthPx() > 100);
    assertEquals(List.of(1, 2, 3), steps(tuned.resolve("metrics.jsonl"), "train"));
    assertEquals(List.of(0, 3), steps(tuned.resolve("metrics.jsonl"), "validation"));
    assertEquals(1, checkpoints());

    List<String> second = new ArrayList<>(List.of(words));
    second.addAll(List.of("5", "--json"));
    CommandRun more = CommandRun.of(command(second.toArray(new String[0])));
    assertEquals(ExitCode.OK, more.exitCode(), more.err());
    assertEquals(List.of(1, 2, 3, 4, 5), steps(tuned.resolve("metrics.jsonl"), "train"));
    assertEquals(5, new ObjectMapper().readTree(more.out()).get("steps").asInt());
  }

  @Test
  void train_cancelled_finishesTheStepSavesAndSays130() throws Exception {
    Files.writeString(folder.resolve("t.txt"), "in the beginning was the word. ".repeat(40));
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console[] console = new Console[1];
    OutputStream cancelling =
        new OutputStream() {
          @Override
          public void write(int b) {
            err.write(b);
            if (err.toString(StandardCharsets.UTF_8).contains("step 1/")) {
              console[0].cancellation().cancel();
            }
          }
        };
    PrintStream out = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    console[0] = new Console(out, new PrintStream(cancelling, true, StandardCharsets.UTF_8), false);
    String[] words =
        command(
            "scripture-lstm",
            "--data",
            "@t.txt",
            "--out",
            "@tuned",
            "--batch-size",
            "2",
            "--length",
            "8",
            "--steps",
            "4");
    assertEquals(ExitCode.CANCELLED, SampoCommand.run(console[0], words));
    String said = err.toString(StandardCharsets.UTF_8);
    assertTrue(said.contains("cancelled after step 1 of 4; the same command goes on"), said);
    assertEquals(1, checkpoints());
    assertFalse(Files.exists(folder.resolve("tuned/model")));
    CommandRun rest = CommandRun.of(words);
    assertEquals(ExitCode.OK, rest.exitCode(), rest.err());
    assertEquals(List.of(1, 2, 3, 4), steps(folder.resolve("tuned/metrics.jsonl"), "train"));
  }

  @Test
  void train_dryRun_printsSizesAndNeedsNoOut() throws Exception {
    digits(28);
    CommandRun run =
        CommandRun.of(
            command("digits-gan", "--data", "@set", "--batch-size", "2", "--dry-run", "--json"));
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    JsonNode sizes = new ObjectMapper().readTree(run.out());
    assertTrue(sizes.get("generator").get("trainable_parameters").asLong() > 100_000);
    assertTrue(sizes.get("discriminator").get("activation_bytes").asLong() > 1000);
    CommandRun text =
        CommandRun.of(command("digits-gan", "--data", "@set", "--dry-run", "--batch-size", "3"));
    assertTrue(text.out().contains("trainable_parameters: "), text.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--out @x | --data is missing",
        "--data @set | --out is missing: name a folder for the results",
        "--data @set --out @x --backend gpu | 'gpu' is none of plain, ort-training",
        "--data @set --out @x --optimizer adam | 'adam' is none of adamw, sgd",
        "--data @set --out @x --steps 0 | --steps is 0, wanted 1 or more",
        "--data @set --out @x --steps many | --steps",
        "--data @set --out @x --keep -1 | --keep is -1, wanted 0 or more",
        "--data @set --out @x --momentum 0.9 | --momentum belongs to --optimizer sgd",
        "--data @set --out @x --weight-clip 0.1 | --weight-clip belongs to --gan-loss wasserstein",
        "--data @set --out @x --learning-rate 0 | --learning-rate is 0.0, wanted more than 0",
        "--data @set --out @x --validation 1 | --validation is 1.0, wanted at least 0.0 and less",
        "--data @set --out @x --layers ( | --layers is no regular expression",
        "--data @set --out @x --patience 3 --evaluate-every 0 | --patience needs",
        "--data @set --out @x --lora-rank 0 | --lora-rank is 0, wanted 1 or more"
      })
  void train_usedWrongly_saysWhatIsWrong(String words, String wanted) {
    CommandRun run = CommandRun.of(command(("digits-vae " + words.trim()).split(" ")));
    assertEquals(ExitCode.USAGE, run.exitCode(), run.err());
    assertTrue(run.err().contains(wanted), run.err());
    assertTrue(run.err().contains("sampo train --help"), run.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "digits-vae @none | there is no file",
        "digits-vae @empty | There is no .png, .jpg or .jpeg file in",
        "digits-vae @bad | bad/0/broken.png",
        "digits-vae @large | is 40x40, the model wants 28x28. Scale",
        "digits-gan @classes | is no class of the model; its classes are 0, 1, 2",
        "scripture-lstm @none.txt | there is no file",
        "scripture-lstm @empty.txt | holds no text",
        "scripture-lstm @short.txt | The text has 5 tokens; a batch of",
        "numbers-en-fr @ragged.csv | has 1 column(s), the first has 2",
        "no-such-model @empty.txt | digits-vae",
        "stylegan-digits @empty | There is no training recipe"
      })
  void train_onBadData_saysWhatIsWrong(String words, String wanted) throws Exception {
    Files.createDirectories(folder.resolve("empty"));
    Files.createDirectories(folder.resolve("bad/0"));
    Files.writeString(folder.resolve("bad/0/broken.png"), "no picture");
    Files.createDirectories(folder.resolve("large"));
    Pictures.writePng(folder.resolve("large/a.png"), Pixels.filled(40, 40, 9));
    Files.createDirectories(folder.resolve("classes/eleven"));
    Pictures.writePng(folder.resolve("classes/eleven/a.png"), Pixels.filled(28, 28, 9));
    Files.writeString(folder.resolve("empty.txt"), "");
    Files.writeString(folder.resolve("short.txt"), "short");
    Files.writeString(folder.resolve("ragged.csv"), "one,un\ntwo\n");
    String[] parts = words.trim().split(" ");
    CommandRun run = CommandRun.of(command(parts[0], "--data", parts[1], "--out", "@x"));
    assertEquals(ExitCode.FAILED, run.exitCode(), run.err());
    assertTrue(run.err().contains(wanted), run.err());
    assertFalse(run.err().contains("looks like a fault of sampo itself"), run.err());
    assertFalse(Files.exists(folder.resolve("x")), "made a folder for nothing");
  }
}
