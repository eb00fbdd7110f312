package dev.sampo.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SameRowsTest {
  private static final int ROWS = 2000;
  private static final int TOKENS = 2;
  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = SparkTests.session();
  }

  @AfterAll
  static void stop() {
    spark.stop();
    LoadedModels.closeAll();
  }

  @Test
  void rows_overPartitionsWithFailuresAndParquet_equalOneProcess(@TempDir Path folder)
      throws Exception {
    String alone = alone();
    SampoListener listener = new SampoListener();
    spark.sparkContext().addSparkListener(listener);
    Dataset<Row> prompts = SparkTests.prompts(spark, ROWS);
    for (int partitions : new int[] {2, 3, 5, 6}) {
      Dataset<Row> in = prompts.repartition(partitions);
      Dataset<Row> out = text(partitions).transform(failingOnce(in));
      String parquet = folder.resolve("p" + partitions).toString();
      out.write().parquet(parquet);
      assertEquals(alone, hash(spark.read().parquet(parquet)), partitions + " partitions");
    }
    assertEquals(1, LoadedModels.size(), "one model for all tasks");
    assertTrue(listener.summary().contains("tokens a second"), listener.summary());
  }

  private static TextGeneration text(int batch) {
    return new TextGeneration()
        .setModel(SparkTests.GPT2)
        .setInputCol("prompt")
        .setKeyCol("id")
        .setErrorCol("error")
        .setMaxNewTokens(TOKENS)
        .setDoSample(true)
        .setTemperature(1.3)
        .setBatchSize(16 * batch + 1)
        .setSeed(7);
  }

  /** The first attempt of every other partition ends half-way. */
  private static Dataset<Row> failingOnce(Dataset<Row> in) {
    return in.mapPartitions(
        (MapPartitionsFunction<Row, Row>)
            rows -> {
              TaskContext task = TaskContext.get();
              boolean fails = task.attemptNumber() == 0 && task.partitionId() % 2 == 0;
              List<Row> all = new ArrayList<>();
              rows.forEachRemaining(all::add);
              return new java.util.Iterator<Row>() {
                private int next;

                @Override
                public boolean hasNext() {
                  return next < all.size();
                }

                @Override
                public Row next() {
                  if (fails && next == all.size() / 2) {
                    throw new IllegalStateException("a failure on purpose");
                  }
                  return all.get(next++);
                }
              };
            },
        Encoders.row(in.schema()));
  }

  /** The same rows by the same seeds, without Spark. */
  private static String alone() throws Exception {
    List<String> lines = new ArrayList<>();
    GenerationConfig config =
        GenerationConfig.builder().maxNewTokens(TOKENS).doSample(true).temperature(1.3).build();
    try (TextGenerator generator = TextGenerator.open(Paths.get(SparkTests.GPT2))) {
      for (int i = 0; i < ROWS; i++) {
        String prompt = SparkTests.prompt(i);
        String text =
            prompt == null
                ? null
                : generator
                    .generate(
                        GenerationRequest.builder()
                            .prompt(prompt)
                            .config(config)
                            .seed(RowSeeds.of(7, String.valueOf(i)))
                            .build())
                    .text();
        lines.add(i + "\t" + prompt + "\t" + text);
      }
    }
    return digest(lines);
  }

  private static String hash(Dataset<Row> rows) throws Exception {
    List<String> lines = new ArrayList<>();
    for (Row row : rows.collectAsList()) {
      lines.add(row.getLong(0) + "\t" + row.getString(1) + "\t" + row.getString(2));
      assertEquals(row.isNullAt(1), !row.isNullAt(3), "a reason where there is no text");
    }
    return digest(lines);
  }

  private static String digest(List<String> lines) throws Exception {
    assertEquals(ROWS, lines.size());
    Collections.sort(lines);
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    lines.forEach(line -> sha.update((line + "\n").getBytes(StandardCharsets.UTF_8)));
    return java.util.HexFormat.of().formatHex(sha.digest());
  }
}
