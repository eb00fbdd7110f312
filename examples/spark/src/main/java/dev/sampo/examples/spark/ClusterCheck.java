package dev.sampo.examples.spark;

import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.spark.RowSeeds;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Paths;
import java.security.MessageDigest;
import java.util.Locale;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * What {@code scripts/spark-cluster} compares: {@code make N FOLDER} writes prompts, {@code hash FOLDER} prints one number for all rows of a result
 * in whatever order, {@code plain N MODEL TOKENS} makes the same rows in a loop without Spark and prints their number and the seconds.
 */
public final class ClusterCheck {
  private ClusterCheck() {}

  /** See the class. */
  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "make" -> make(Integer.parseInt(args[1]), args[2]);
      case "hash" -> hash(args[1]);
      case "plain" -> plain(Integer.parseInt(args[1]), args[2], Integer.parseInt(args[3]));
      default -> throw new IllegalArgumentException("make, hash or plain, not " + args[0]);
    }
  }

  private static String prompt(long id) {
    return "And the LORD said unto " + id + " ";
  }

  private static void make(int rows, String folder) {
    SparkSession spark = SparkSession.builder().appName("make").getOrCreate();
    spark
        .range(0, rows, 1, 12)
        .select(
            functions.col("id"),
            functions
                .concat(
                    functions.lit("And the LORD said unto "),
                    functions.col("id"),
                    functions.lit(" "))
                .alias("prompt"))
        .write()
        .mode("overwrite")
        .parquet(folder);
    spark.stop();
  }

  private static void hash(String folder) throws Exception {
    SparkSession spark = SparkSession.builder().appName("hash").getOrCreate();
    long sum = 0;
    long rows = 0;
    for (Row row : spark.read().parquet(folder).collectAsList()) {
      sum += hash(row.getLong(0), row.getString(1), row.getString(2));
      rows++;
    }
    spark.stop();
    System.out.println("rows " + rows + " hash " + Long.toHexString(sum));
  }

  private static long hash(long id, String prompt, String text) throws Exception {
    byte[] line = (id + "\t" + prompt + "\t" + text).getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(line)).getLong();
  }

  private static void plain(int rows, String model, int tokens) throws Exception {
    SessionConfig config = SessionConfig.builder().intraOpThreads(1).build();
    GenerationConfig settings =
        GenerationConfig.builder().maxNewTokens(tokens).doSample(true).topK(40).build();
    try (TextGenerator generator = TextGenerator.open(Paths.get(model), config)) {
      long begin = System.nanoTime();
      long sum = 0;
      for (long id = 0; id < rows; id++) {
        GenerationRequest request =
            GenerationRequest.builder()
                .prompt(prompt(id))
                .config(settings)
                .seed(RowSeeds.of(2026, String.valueOf(id)))
                .build();
        sum += hash(id, prompt(id), generator.generate(request).text());
      }
      double seconds = (System.nanoTime() - begin) / 1e9;
      System.out.printf(
          Locale.ROOT, "rows %d hash %s seconds %.2f%n", rows, Long.toHexString(sum), seconds);
    }
  }
}
