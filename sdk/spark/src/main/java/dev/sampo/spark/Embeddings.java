package dev.sampo.spark;

import dev.sampo.Model;
import dev.sampo.embedding.EmbeddingRequest;
import dev.sampo.embedding.TextEncoder;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/** The vectors of texts ({@code array<float>}), as sentence-transformers' {@code encode} gives them. */
public final class Embeddings extends SampoTransformer<Embeddings> {
  private static final long serialVersionUID = 1;

  private final Param<String> promptName;

  /** A transformer with a name of its own. */
  public Embeddings() {
    this(Identifiable$.MODULE$.randomUID("sampo-embeddings"));
  }

  /** A transformer with a given name, as reading one back makes it. */
  public Embeddings(String uid) {
    super(uid, "embedding");
    this.promptName = new Param<>(this, "promptName", "which of the model's prompts goes before");
  }

  /** Reads what {@code save} wrote. */
  public static MLReader<Embeddings> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads what {@code save} wrote at this path. */
  public static Embeddings load(String path) {
    return read().load(path);
  }

  /** The parameter of {@link #setPromptName}. */
  public Param<String> promptName() {
    return promptName;
  }

  /** Which of the prompts that the model knows by name goes before each text, such as {@code query}. */
  public Embeddings setPromptName(String value) {
    set(promptName, value);
    return this;
  }

  @Override
  RowTask task(ModelReference reference) {
    return new Task(reference, value(promptName));
  }

  @Override
  Class<? extends Model> family() {
    return TextEncoder.class;
  }

  @Override
  boolean reads(DataType type) {
    return type.equals(DataTypes.StringType);
  }

  @Override
  String readable() {
    return "strings";
  }

  @Override
  DataType outputType() {
    return DataTypes.createArrayType(DataTypes.FloatType, false);
  }

  /** The work on a batch. */
  record Task(ModelReference model, @Nullable String promptName) implements RowTask {
    private static final long serialVersionUID = 1;

    @Override
    public List<Outcome> run(List<Object> inputs, long[] seeds, int threads) {
      TextEncoder encoder = LoadedModels.get(model, TextEncoder.class, threads);
      List<Outcome> out = new ArrayList<>(inputs.size());
      // One text a call: what a text's vector is must not hang on its neighbours' lengths.
      for (Object input : inputs) {
        out.add(one(encoder, (String) input));
      }
      return out;
    }

    private Outcome one(TextEncoder encoder, String text) {
      return Outcome.of(
          () -> {
            EmbeddingRequest request =
                EmbeddingRequest.builder(List.of(text)).promptName(promptName).build();
            return Outcome.of(encoder.embed(request).vectors().get(0), 0);
          });
    }
  }
}
