package dev.sampo.spark;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The transformers as functions, for a Dataset at hand. */
public final class Sampo {
  private Sampo() {}

  /**
   * Adds a column {@code text}: what the model writes after each prompt, with the model's own settings and the seed 0. {@link TextGeneration} has
   * the settings.
   *
   * @param dataset with a column of strings
   * @param inputCol that column
   * @param model alias of an archive, path, or name on the Hub
   */
  public static Dataset<Row> generate(Dataset<?> dataset, String inputCol, String model) {
    return new TextGeneration().setModel(model).setInputCol(inputCol).transform(dataset);
  }

  /** {@link #generate(Dataset, String, String)} with the most tokens a row, drawn by a seed. */
  public static Dataset<Row> generate(
      Dataset<?> dataset, String inputCol, String model, int maxNewTokens, long seed) {
    return new TextGeneration()
        .setModel(model)
        .setInputCol(inputCol)
        .setMaxNewTokens(maxNewTokens)
        .setDoSample(true)
        .setSeed(seed)
        .transform(dataset);
  }

  /** Adds a column {@code embedding}: the vector of each text. */
  public static Dataset<Row> embed(Dataset<?> dataset, String inputCol, String model) {
    return new Embeddings().setModel(model).setInputCol(inputCol).transform(dataset);
  }
}
