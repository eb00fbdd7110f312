package dev.sampo.examples.spark;

import dev.sampo.spark.Anomaly;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * A folder of pictures (PNG or JPEG) to how strange each is to an autoencoder, the strangest first: {@code DigitsToScores 'digits/*.png' scores
 * digits-autoencoder}.
 */
public final class DigitsToScores {
  private DigitsToScores() {}

  /** Pictures, output folder, model. */
  public static void main(String[] args) {
    SparkSession spark = SparkSession.builder().appName("digits to scores").getOrCreate();
    Dataset<Row> files =
        spark
            .read()
            .format("binaryFile")
            .load(args[0])
            .select(functions.col("path"), functions.col("content"));
    new Anomaly()
        .setModel(args[2])
        .setInputCol("content")
        .setErrorCol("error")
        .transform(files)
        .drop("content")
        .orderBy(functions.col("anomaly").desc())
        .write()
        .mode("overwrite")
        .parquet(args[1]);
    spark.stop();
  }
}
