package dev.sampo.spark;

import dev.sampo.Model;
import dev.sampo.error.RequestException;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.TextScore;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** How likely a language model finds each text: a double, by {@link #setMetric}. Of two texts the likelier has the lower value. */
public final class Score extends SampoTransformer<Score> {
  private static final long serialVersionUID = 1;
  private static final List<String> METRICS = List.of("perplexity", "meanNll", "bitsPerToken");

  private final Param<String> metric;

  /** A transformer with a name of its own. */
  public Score() {
    this(Identifiable$.MODULE$.randomUID("sampo-score"));
  }

  /** A transformer with a given name, as reading one back makes it. */
  public Score(String uid) {
    super(uid, "score");
    this.metric = new Param<>(this, "metric", String.join(", ", METRICS));
    setDefault(metric, METRICS.get(0));
  }

  /** Reads what {@code save} wrote. */
  public static MLReader<Score> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads what {@code save} wrote at this path. */
  public static Score load(String path) {
    return read().load(path);
  }

  /** The parameter of {@link #setMetric}. */
  public Param<String> metric() {
    return metric;
  }

  /**
   * {@code perplexity} (the default), {@code meanNll} (nats a token) or {@code bitsPerToken}.
   *
   * @throws RequestException if it is none of them
   */
  public Score setMetric(String value) {
    if (!METRICS.contains(value)) {
      throw new RequestException(
          "metric",
          "There is no metric " + value + "; there are " + String.join(", ", METRICS) + ".");
    }
    set(metric, value);
    return this;
  }

  @Override
  RowTask task(ModelReference reference) {
    return new Task(reference, getOrDefault(metric));
  }

  @Override
  Class<? extends Model> family() {
    return TextGenerator.class;
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
    return DataTypes.DoubleType;
  }

  /** The work on a batch. */
  record Task(ModelReference model, String metric) implements RowTask {
    private static final long serialVersionUID = 1;

    @Override
    public List<Outcome> run(List<Object> inputs, long[] seeds, int threads) {
      TextGenerator generator = LoadedModels.get(model, TextGenerator.class, threads);
      List<Outcome> out = new ArrayList<>(inputs.size());
      for (Object input : inputs) {
        out.add(one(generator, (String) input));
      }
      return out;
    }

    private Outcome one(TextGenerator generator, String text) {
      return Outcome.of(
          () -> {
            TextScore score = generator.score(text);
            double value =
                switch (metric) {
                  case "meanNll" -> score.meanNll();
                  case "bitsPerToken" -> score.bitsPerToken();
                  default -> score.perplexity();
                };
            return Outcome.of(value, score.tokenLogProbs().length);
          });
    }
  }
}
