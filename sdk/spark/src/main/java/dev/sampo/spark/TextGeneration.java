package dev.sampo.spark;

import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;

/**
 * Text that goes on from a prompt.
 *
 * <pre>{@code
 * Dataset<Row> texts = new TextGeneration()
 *     .setModel("/models/scripture-gpt").setInputCol("prompt").setMaxNewTokens(40).setDoSample(true)
 *     .transform(prompts);
 * }</pre>
 */
public final class TextGeneration extends TextTransformer<TextGeneration> {
  private static final long serialVersionUID = 1;

  /** A transformer with a name of its own. */
  public TextGeneration() {
    this(Identifiable$.MODULE$.randomUID("sampo-text"));
  }

  /** A transformer with a given name, as reading one back makes it. */
  public TextGeneration(String uid) {
    super(uid, "text");
  }

  /** Reads what {@code save} wrote. */
  public static MLReader<TextGeneration> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads what {@code save} wrote at this path. */
  public static TextGeneration load(String path) {
    return read().load(path);
  }
}
