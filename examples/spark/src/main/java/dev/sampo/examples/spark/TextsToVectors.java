package dev.sampo.examples.spark;

import dev.sampo.spark.Embeddings;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** A million texts to vectors in Parquet: {@code TextsToVectors 1000000 vectors MODEL}. The texts are made; put your own table in their place. */
public final class TextsToVectors {
  private TextsToVectors() {}

  /** Number of rows, output folder, model. */
  public static void main(String[] args) {
    SparkSession spark = SparkSession.builder().appName("texts to vectors").getOrCreate();
    Dataset<Row> texts =
        spark
            .range(Long.parseLong(args[0]))
            .select(
                functions.col("id"),
                functions.concat(functions.lit("text number "), functions.col("id")).alias("text"));
    new Embeddings()
        .setModel(args[2])
        .setInputCol("text")
        .setBatchSize(256)
        .transform(texts)
        .write()
        .mode("overwrite")
        .parquet(args[1]);
    spark.stop();
  }
}
