package dev.sampo.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.ModelException;
import dev.sampo.runtime.OnnxFile;
import dev.sampo.runtime.SafePaths;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A folder that the model builder of onnxruntime-genai wrote: {@code genai_config.json} states the file of the decoder, what its inputs and outputs
 * are called ({@code past_key_values.%d.key}), the sizes, the special tokens, and the settings of generation.
 */
final class GenaiFolder {
  static final String FILE = "genai_config.json";

  /** Names of the sizes there, and in config.json. */
  private static final Map<String, String> SIZES =
      Map.of(
          "head_size", "head_dim",
          "hidden_size", "hidden_size",
          "num_attention_heads", "num_attention_heads",
          "num_key_value_heads", "num_key_value_heads",
          "num_hidden_layers", "num_hidden_layers");

  private static final Map<String, String> KEYS =
      Map.of(
          "type", "model_type",
          "vocab_size", "vocab_size",
          "context_length", "max_position_embeddings",
          "bos_token_id", "bos_token_id",
          "eos_token_id", "eos_token_id",
          "pad_token_id", "pad_token_id");

  /** Names of single tensors there, and in the spec. */
  private static final Map<String, String> SINGLE =
      Map.of(
          "input_ids", "input_ids",
          "attention_mask", "attention_mask",
          "position_ids", "position_ids",
          "logits", "logits");

  /** Templates of names there, and the spec's. */
  private static final Map<String, String> REPEATED =
      Map.of(
          "past_key_names", "past_key_values.%d.key",
          "past_value_names", "past_key_values.%d.value",
          "present_key_names", "present.%d.key",
          "present_value_names", "present.%d.value");

  private final Path root;
  private final JsonNode json;

  GenaiFolder(Path root, JsonNode json) {
    this.root = root;
    this.json = json;
  }

  /** Whether it is one decoder, as against a pipeline of several graphs, or a model with other inputs than text. */
  boolean isDecoder() {
    JsonNode model = json.path("model");
    return model.path("decoder").path("filename").isTextual()
        && !model.has("encoder")
        && !model.has("vision")
        && !model.has("speech");
  }

  /**
   * The decoder.
   *
   * @throws ModelException if its file is missing
   */
  ModelGraph decoder() {
    JsonNode decoder = json.path("model").path("decoder");
    Path file = SafePaths.resolve(root, decoder.path("filename").asText(), FILE + " of " + root);
    if (!Files.isRegularFile(file)) {
      throw new ModelException(
          file,
          "Model file "
              + file
              + ", which "
              + root.resolve(FILE)
              + " names as its decoder, does not exist. Correct the name or copy the file.");
    }
    OnnxFile read = OnnxFile.read(file);
    return new ModelGraph(
        "model",
        read,
        names(decoder.path("inputs"), read.description().inputs().keySet()),
        names(decoder.path("outputs"), read.description().outputs().keySet()));
  }

  private static Map<String, String> names(JsonNode stated, Iterable<String> there) {
    Map<String, String> names = new LinkedHashMap<>();
    for (Iterator<Map.Entry<String, JsonNode>> all = stated.fields(); all.hasNext(); ) {
      Map.Entry<String, JsonNode> entry = all.next();
      String name = entry.getValue().asText();
      String single = SINGLE.get(entry.getKey());
      String repeated = REPEATED.get(entry.getKey());
      for (String actual : there) {
        String spec = null;
        if (single != null && actual.equals(name)) {
          spec = single;
        } else if (repeated != null) {
          spec = numbered(repeated, name, actual);
        }
        if (spec != null && !spec.equals(actual)) {
          names.put(spec, actual);
        }
      }
    }
    return names;
  }

  /** The spec's name of a tensor whose actual name follows a template; null if it does not. */
  private static @org.jspecify.annotations.Nullable String numbered(
      String spec, String template, String actual) {
    int hole = template.indexOf("%d");
    if (hole < 0) {
      return null;
    }
    Pattern pattern =
        Pattern.compile(
            Pattern.quote(template.substring(0, hole))
                + "([0-9]+)"
                + Pattern.quote(template.substring(hole + 2)));
    Matcher matcher = pattern.matcher(actual);
    return matcher.matches() ? spec.replace("%d", matcher.group(1)) : null;
  }

  /** What it states in the keys of config.json, over a config.json that may be there too; {@code generation} has the settings. */
  ObjectNode config(@org.jspecify.annotations.Nullable JsonNode beside) {
    ObjectNode config =
        beside instanceof ObjectNode
            ? ((ObjectNode) beside).deepCopy()
            : JsonNodeFactory.instance.objectNode();
    JsonNode model = json.path("model");
    KEYS.forEach((from, to) -> copy(model.path(from), config, to));
    SIZES.forEach((from, to) -> copy(model.path("decoder").path(from), config, to));
    JsonNode search = json.path("search");
    if (search.isObject()) {
      ObjectNode settings = search.deepCopy();
      settings.remove("past_present_share_buffer"); // how its engine keeps caches
      config.set("generation", settings);
    }
    return config;
  }

  private static void copy(JsonNode value, ObjectNode to, String key) {
    if (!value.isMissingNode() && !value.isNull()) {
      // The builder writes the end tokens of some models as what pads, a list.
      boolean first = key.equals("pad_token_id") && value.isArray() && !value.isEmpty();
      to.set(key, first ? value.get(0) : value);
    }
  }
}
