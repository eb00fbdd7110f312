package dev.sampo.examples.spark;

import dev.sampo.spark.TextGeneration;
import org.apache.spark.sql.SparkSession;

/**
 * A folder of Parquet with the columns {@code id} and {@code prompt} to one with {@code text} and {@code error} beside them.
 *
 * <pre>{@code
 * spark-submit --class dev.sampo.examples.spark.PromptsToTexts --jars sampo-spark-assembly.jar \
 *     --archives scripture-gpt.zip#scripture-gpt sampo-examples-spark.jar prompts texts scripture-gpt 24
 * }</pre>
 */
public final class PromptsToTexts {
  private PromptsToTexts() {}

  /** Input folder, output folder, model, tokens a row. */
  public static void main(String[] args) {
    SparkSession spark = SparkSession.builder().appName("prompts to texts").getOrCreate();
    new TextGeneration()
        .setModel(args[2])
        .setInputCol("prompt")
        .setKeyCol("id")
        .setErrorCol("error")
        .setMaxNewTokens(Integer.parseInt(args[3]))
        .setDoSample(true)
        .setTopK(40)
        .setSeed(2026)
        .transform(spark.read().parquet(args[0]))
        .write()
        .mode("overwrite")
        .parquet(args[1]);
    spark.stop();
  }
}
