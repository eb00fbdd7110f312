package dev.sampo.examples.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobsTest {
  private static final Path HOME = Paths.get(System.getProperty("sampo.home"));
  private static final String MODEL =
      HOME.resolve("exporter-specs/models/scripture-gpt").toString();

  @Test
  void jobs_asSubmitted_giveTheirRows(@TempDir Path folder) throws Exception {
    String prompts = folder.resolve("prompts").toString();
    String texts = folder.resolve("texts").toString();
    session();
    ClusterCheck.main(new String[] {"make", "6", prompts});
    session();
    PromptsToTexts.main(new String[] {prompts, texts, MODEL, "4"});
    session();
    String inSpark = printed("hash", texts);
    String plain = printed("plain", "6", MODEL, "4");
    assertEquals(
        inSpark.trim(), plain.substring(0, plain.indexOf(" seconds")), "with and without Spark");

    String vectors = folder.resolve("vectors").toString();
    session();
    TextsToVectors.main(
        new String[] {
          "20",
          vectors,
          HOME.resolve("sdk/core/src/test/resources/golden/text/encoders/embedding").toString()
        });
    assertEquals(20, session().read().parquet(vectors).count());

    String scores = folder.resolve("scores").toString();
    DigitsToScores.main(
        new String[] {
          HOME.resolve("docs/images/demo.png").toString(),
          scores,
          HOME.resolve("exporter-specs/models/digits-autoencoder").toString()
        });
    Row score = session().read().parquet(scores).collectAsList().get(0);
    // The sheet of pictures is no digit: its row says why there is no score.
    assertTrue(score.getString(0).endsWith("demo.png"));
    assertTrue(score.isNullAt(1) != score.isNullAt(2));
  }

  @Test
  void sql_asGiven_runs() throws Exception {
    SparkSession spark = session();
    String script =
        Files.readString(HOME.resolve("examples/spark/src/main/sql/texts.sql"))
            .replaceAll("(?m)^--.*$", "")
            .replace("'scripture-gpt'", "'" + MODEL + "'")
            .replace("\"max_new_tokens\": 24", "\"max_new_tokens\": 3");
    List<Row> rows = List.of();
    for (String statement : script.split(";", -1)) {
      if (!statement.isBlank()) {
        rows = spark.sql(statement).collectAsList();
      }
    }
    assertEquals(10, rows.size());
    assertTrue(rows.stream().noneMatch(r -> r.isNullAt(2)));
    spark.stop();
  }

  private static SparkSession session() {
    return SparkSession.builder()
        .master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.extensions", "dev.sampo.spark.SampoExtensions")
        .getOrCreate();
  }

  private static String printed(String... args) throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      ClusterCheck.main(args);
    } finally {
      System.setOut(before);
    }
    String all = bytes.toString(StandardCharsets.UTF_8);
    return all.substring(all.lastIndexOf("rows "));
  }
}
