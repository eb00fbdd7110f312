package dev.sampo.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.spark.RowTask.Outcome;
import dev.sampo.text.TextGenerator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.api.java.UDF3;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/**
 * What SQL calls. In a session that has {@link SampoExtensions} they are there; elsewhere {@link #register(SparkSession)} brings them.
 *
 * <ul>
 *   <li>{@code sampo_generate(model, prompt)}: text;
 *   <li>{@code sampo_generate(model, prompt, options)}: with a JSON object of settings as in {@code generation_config.json}, and {@code seed};
 *   <li>{@code sampo_embed(model, text)}: {@code array<float>}.
 * </ul>
 *
 * <p>The prompt is the row's key: equal prompts give equal texts. Null gives null; what fails ends the query.
 */
public final class SqlFunctions {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  // A query has few settings; parsing them for each row would cost more than they are.
  private static final ConcurrentHashMap<String, Options> PARSED = new ConcurrentHashMap<>();
  private static final int MOST_PARSED = 256;

  private record Options(GenerationConfig config, long seed) {}

  private SqlFunctions() {}

  /** Registers the functions for one session; the one with options is named {@code sampo_generate_with} here, as a session knows one function a name. */
  public static void register(SparkSession session) {
    session
        .udf()
        .register(
            "sampo_generate",
            (UDF2<String, String, String>) SqlFunctions::generate,
            DataTypes.StringType);
    session
        .udf()
        .register(
            "sampo_embed",
            (UDF2<String, String, float[]>) SqlFunctions::embed,
            DataTypes.createArrayType(DataTypes.FloatType, false));
    session
        .udf()
        .register(
            "sampo_generate_with",
            (UDF3<String, String, String, String>) SqlFunctions::generate,
            DataTypes.StringType);
  }

  static @Nullable String generate(@Nullable String model, @Nullable String prompt) {
    return generate(model, prompt, "{}");
  }

  static @Nullable String generate(
      @Nullable String model, @Nullable String prompt, @Nullable String options) {
    if (model == null || prompt == null) {
      return null;
    }
    Options parsed = options(options == null ? "{}" : options);
    TextGenerator generator =
        LoadedModels.get(
            new ModelReference(model, "", null), TextGenerator.class, RowTask.threads());
    long seed = RowSeeds.of(parsed.seed, prompt);
    return (String) value(TextTask.one(generator, parsed.config, prompt, seed));
  }

  static float @Nullable [] embed(@Nullable String model, @Nullable String text) {
    if (model == null || text == null) {
      return null;
    }
    RowTask task = new Embeddings.Task(new ModelReference(model, "", null), null);
    return (float[]) value(task.run(List.of(text), new long[1], RowTask.threads()).get(0));
  }

  private static Object value(Outcome outcome) {
    if (outcome.value() == null) {
      throw new RequestException(null, String.valueOf(outcome.error()));
    }
    return outcome.value();
  }

  private static Options options(String json) {
    Options known = PARSED.get(json);
    if (known != null) {
      return known;
    }
    JsonNode root;
    try {
      root = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new RequestException(
          "options", "The options of sampo_generate are no JSON: " + e.getOriginalMessage(), e);
    }
    if (!(root instanceof ObjectNode object)) {
      throw new RequestException(
          "options", "The options of sampo_generate have to be a JSON object: " + json);
    }
    JsonNode seed = object.remove("seed");
    if (seed != null && !seed.canConvertToLong()) {
      throw new RequestException("seed", "seed has to be a whole number, but is " + seed + ".");
    }
    Options made =
        new Options(TextTask.config(object.toString()), seed == null ? 0 : seed.asLong());
    if (PARSED.size() < MOST_PARSED) {
      PARSED.put(json, made);
    }
    return made;
  }
}
