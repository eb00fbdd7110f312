package dev.sampo.spark;

import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;

/**
 * Text by an encoder and a decoder: translations, summaries, corrections. The column is what the encoder reads.
 */
public final class Translation extends TextTransformer<Translation> {
  private static final long serialVersionUID = 1;

  /** A transformer with a name of its own. */
  public Translation() {
    this(Identifiable$.MODULE$.randomUID("sampo-translation"));
  }

  /** A transformer with a given name, as reading one back makes it. */
  public Translation(String uid) {
    super(uid, "translation");
  }

  /** Reads what {@code save} wrote. */
  public static MLReader<Translation> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads what {@code save} wrote at this path. */
  public static Translation load(String path) {
    return read().load(path);
  }
}
