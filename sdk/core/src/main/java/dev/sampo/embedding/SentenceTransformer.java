package dev.sampo.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.Truncation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files that sentence-transformers writes beside a model, versions 2 to 6: {@code modules.json}, {@code
 * sentence_bert_config.json}, {@code config_sentence_transformers.json} and a {@code config.json} a module.
 *
 * @param settings how texts become vectors
 * @param lowerCase whether texts are made lower case before the tokenizer sees them
 * @param after what follows pooling, in order
 */
record SentenceTransformer(TextEncoder.Settings settings, boolean lowerCase, List<After> after) {
  /** Keys of the versions before 6, in the order in which those join. */
  private static final String[][] MODES = {
    {"pooling_mode_cls_token", "cls"},
    {"pooling_mode_max_tokens", "max"},
    {"pooling_mode_mean_tokens", "mean"},
    {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"},
    {"pooling_mode_weightedmean_tokens", "weightedmean"},
    {"pooling_mode_lasttoken", "lasttoken"}
  };

  /** Families whose table of positions begins after the padding id: 514 rows hold 512 positions. */
  private static final List<String> OFFSET_POSITIONS =
      List.of(
          "roberta",
          "camembert",
          "mpnet",
          "longformer",
          "luke",
          "xmod",
          "data2vec-text",
          "ibert",
          "bertweet",
          "phobert",
          "esm");

  private static final int USUAL_LENGTH = 512;

  /** A module after pooling: a dense layer, or (null) normalisation. */
  record After(@Nullable DenseLayer dense) {}

  static SentenceTransformer read(ModelFolder folder, Tokenizer tokenizer) {
    JsonNode transformer = folder.jsonOrEmpty("sentence_bert_config.json");
    JsonNode top = folder.jsonOrEmpty("config_sentence_transformers.json");
    List<Pooling> pooling = Collections.singletonList(Pooling.MEAN);
    boolean includePrompt = true;
    boolean normalise = false;
    List<After> after = new ArrayList<>();
    JsonNode modules = folder.jsonIfPresent("modules.json");
    for (JsonNode module : modules == null ? Collections.<JsonNode>emptyList() : modules) {
      String type = module.path("type").asText();
      String path = module.path("path").asText();
      switch (type.substring(type.lastIndexOf('.') + 1)) {
        case "Transformer":
        case "Dropout":
          break;
        case "Pooling":
          JsonNode config = folder.jsonOrEmpty(path + "/config.json");
          pooling = pooling(folder.root().resolve(path).resolve("config.json"), config);
          includePrompt = config.path("include_prompt").asBoolean(true);
          break;
        case "Normalize":
          normalise = true;
          after.add(new After(null));
          break;
        case "Dense":
          after.add(new After(DenseLayer.read(folder, path)));
          break;
        default:
          throw new ModelException(
              folder.root().resolve("modules.json"),
              "modules.json of "
                  + folder.root()
                  + " asks for "
                  + type
                  + ", which is not supported. Export the model with it inside the graph (output"
                  + " sentence_embedding).");
      }
    }
    JsonNode dim = top.path("truncate_dim");
    JsonNode name = top.path("default_prompt_name");
    TextEncoder.Settings settings =
        new TextEncoder.Settings(
            pooling,
            normalise,
            maxLength(folder, tokenizer, transformer),
            prompts(top.path("prompts")),
            name.isTextual() ? name.asText() : null,
            includePrompt,
            dim.isInt() ? dim.asInt() : null);
    return new SentenceTransformer(
        settings, transformer.path("do_lower_case").asBoolean(false), after);
  }

  private static Map<String, String> prompts(JsonNode json) {
    Map<String, String> prompts = new LinkedHashMap<>();
    Iterator<Map.Entry<String, JsonNode>> fields = json.fields();
    while (fields.hasNext()) {
      Map.Entry<String, JsonNode> field = fields.next();
      prompts.put(field.getKey(), field.getValue().asText());
    }
    return Collections.unmodifiableMap(prompts);
  }

  private static List<Pooling> pooling(Path file, JsonNode config) {
    List<String> names = new ArrayList<>();
    JsonNode mode = config.path("pooling_mode");
    if (mode.isTextual()) {
      names.add(mode.asText());
    }
    mode.forEach(each -> names.add(each.asText()));
    if (names.isEmpty()) {
      for (String[] old : MODES) {
        if (config.path(old[0]).asBoolean(false)) {
          names.add(old[1]);
        }
      }
    }
    List<Pooling> chosen = new ArrayList<>();
    for (String name : names) {
      try {
        chosen.add(Pooling.parse(name));
      } catch (RequestException e) {
        throw new ModelException(file, file + ": " + e.getMessage(), e);
      }
    }
    return chosen.isEmpty()
        ? Collections.singletonList(Pooling.MEAN)
        : Collections.unmodifiableList(chosen);
  }

  /**
   * The limit that sentence-transformers sets: {@code max_seq_length} of older folders, else {@code model_max_length} of the tokenizer,
   * never more than the model has positions for; {@code tokenizer.json}'s own truncation holds where it is shorter.
   */
  static int maxLength(ModelFolder folder, Tokenizer tokenizer) {
    return maxLength(folder, tokenizer, folder.jsonOrEmpty("sentence_bert_config.json"));
  }

  private static int maxLength(ModelFolder folder, Tokenizer tokenizer, JsonNode transformer) {
    JsonNode config = folder.jsonOrEmpty("config.json");
    int positions = positions(config);
    long limit = Long.MAX_VALUE;
    JsonNode stated = transformer.path("max_seq_length");
    JsonNode model = folder.jsonOrEmpty("tokenizer_config.json").path("model_max_length");
    if (stated.isInt()) {
      limit = stated.asInt();
    } else if (model.isNumber()) {
      // Where nothing is known, Python writes 1e30.
      limit = model.asDouble() < Integer.MAX_VALUE ? model.asLong() : Long.MAX_VALUE;
    }
    limit = Math.min(limit, positions);
    Truncation own = tokenizer.truncation();
    if (own != null) {
      limit = Math.min(limit, own.maxLength());
    }
    return limit >= Integer.MAX_VALUE ? USUAL_LENGTH : (int) Math.max(1, limit);
  }

  private static int positions(JsonNode config) {
    for (String key :
        Arrays.asList(
            "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")) {
      JsonNode value = config.path(key);
      if (value.isInt() && value.asInt() > 0) {
        return value.asInt() - offset(config, value.asInt());
      }
    }
    return Integer.MAX_VALUE;
  }

  private static int offset(JsonNode config, int positions) {
    String type = config.path("model_type").asText();
    int pad = config.path("pad_token_id").asInt(1);
    for (String name : OFFSET_POSITIONS) {
      if (type.contains(name)) {
        // Such tables are made as a round number and the rows before the first position.
        return positions > pad + 1 && positions % 8 == (pad + 1) % 8 ? pad + 1 : 0;
      }
    }
    return 0;
  }
}
