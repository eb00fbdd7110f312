package dev.sampo.export.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.error.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A {@code config.json} that remembers which keys were asked for. {@link #requireAllRead()} then refuses a key that nobody asked for: it may
 * change the mathematics, and a graph that passes it over would be wrong without a word.
 */
public final class Config {
  /** Keys that say nothing about the forward pass outside training: who wrote it, ids, probabilities of dropping, starting values. */
  private static final Set<String> NEUTRAL =
      Set.of(
          "_name_or_path",
          "_attn_implementation",
          "_attn_implementation_internal",
          "_commit_hash",
          "_attn_implementation_autoset",
          "_sliding_window_pattern",
          "architectures",
          "auto_map",
          "model_type",
          "transformers_version",
          "torch_dtype",
          "dtype",
          "use_cache",
          "name",
          "name_or_path",
          "bos_token_id",
          "eos_token_id",
          "pad_token_id",
          "sep_token_id",
          "cls_token_id",
          "mask_token_id",
          "unk_token_id",
          "decoder_start_token_id",
          "forced_bos_token_id",
          "forced_eos_token_id",
          "vocab_size",
          "is_encoder_decoder",
          "initializer_range",
          "initializer_factor",
          "init_std",
          "initializer_cutoff_factor",
          "logit_scale_init_value",
          "attention_dropout",
          "attention_probs_dropout_prob",
          "attn_pdrop",
          "embd_pdrop",
          "resid_pdrop",
          "hidden_dropout",
          "hidden_dropout_prob",
          "dropout",
          "dropout_rate",
          "activation_dropout",
          "classifier_dropout",
          "classifier_dropout_rate",
          "classif_dropout",
          "layerdrop",
          "encoder_layerdrop",
          "decoder_layerdrop",
          "embedding_dropout",
          "mlp_dropout",
          "seq_classif_dropout",
          "qa_dropout",
          "summary_type",
          "summary_use_proj",
          "summary_activation",
          "summary_proj_to_labels",
          "summary_first_dropout",
          "gradient_checkpointing",
          "pretraining_tp",
          "use_flash_attn",
          "problem_type",
          "id2label",
          "label2id",
          "num_labels",
          "finetuning_task",
          "task_specific_params",
          "output_attentions",
          "output_hidden_states",
          "return_dict",
          "output_router_logits",
          "router_aux_loss_coef",
          "router_jitter_noise",
          "cache_implementation",
          "max_length",
          "min_length",
          "do_sample",
          "early_stopping",
          "num_beams",
          "num_beam_groups",
          "diversity_penalty",
          "temperature",
          "top_k",
          "top_p",
          "typical_p",
          "repetition_penalty",
          "length_penalty",
          "no_repeat_ngram_size",
          "encoder_no_repeat_ngram_size",
          "bad_words_ids",
          "prefix",
          "num_return_sequences",
          "output_scores",
          "return_dict_in_generate",
          "torchscript",
          "remove_invalid_values",
          "exponential_decay_length_penalty",
          "suppress_tokens",
          "begin_suppress_tokens",
          "chunk_size_feed_forward",
          "tokenizer_class",
          "tf_legacy_loss",
          "use_bfloat16",
          "pruned_heads",
          "_num_labels",
          "tie_encoder_decoder",
          "unsloth_version",
          "unsloth_fixed",
          "transformers.js_config",
          "use_parallel_embedding",
          "n_ctx",
          "max_window_layers_comment",
          "model_max_length");

  private final JsonNode node;
  private final Path file;
  private final String at;
  private final Set<String> read = new HashSet<>();
  private final Map<String, Config> parts = new LinkedHashMap<>();

  private Config(JsonNode node, Path file, String at) {
    this.node = node;
    this.file = file;
    this.at = at;
  }

  /**
   * Reads a {@code config.json}.
   *
   * @throws ModelException if it is missing or no JSON object
   */
  public static Config read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new ModelException(
          file, "There is no " + file + ". The settings beside the weights are needed.");
    }
    try {
      JsonNode node =
          new ObjectMapper()
              .enable(
                  com.fasterxml.jackson.core.json.JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS
                      .mappedFeature())
              .readTree(Files.readAllBytes(file));
      if (!node.isObject()) {
        throw new ModelException(file, file + " is no JSON object.");
      }
      return new Config(node, file, "");
    } catch (IOException e) {
      throw new ModelException(file, file + " is no JSON: " + e.getMessage(), e);
    }
  }

  /** The file. */
  public Path file() {
    return file;
  }

  /** {@code model_type}; empty if it is not said. */
  public String modelType() {
    return node.path("model_type").asText("");
  }

  /** The first of {@code architectures}; empty if it is not said. */
  public String architecture() {
    return node.path("architectures").path(0).asText("");
  }

  /** Whether a key is there and not null. */
  public boolean has(String key) {
    return node.hasNonNull(key);
  }

  /** A whole number that means "none" where it is null, and has a default where the key is not there at all; 0 for none. */
  public int integerOrNone(String key, int ifAbsent) {
    return node.has(key) ? integer(key, 0) : ifAbsent;
  }

  /** A number that means "none" where it is null, and has a default where the key is not there at all; 0 for none. */
  public double numberOrNone(String key, double ifAbsent) {
    return node.has(key) ? number(key, 0) : ifAbsent;
  }

  /** A part that is an object of its own, or null. Its keys are watched too. */
  public @Nullable Config part(String key) {
    JsonNode found = get(key);
    if (found == null) {
      return null;
    }
    if (!found.isObject()) {
      throw wrong(key, found, "an object");
    }
    return parts.computeIfAbsent(key, k -> new Config(found, file, at + k + "."));
  }

  private @Nullable JsonNode get(String key) {
    read.add(key);
    JsonNode found = node.get(key);
    return found == null || found.isNull() ? null : found;
  }

  /** Whether a key is absent, null, false, or an empty list or object. */
  public boolean isEmpty(String key) {
    JsonNode found = get(key);
    return found == null
        || (found.isBoolean() && !found.booleanValue())
        || (found.isContainerNode() && found.isEmpty());
  }

  /** The keys. */
  public List<String> keys() {
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** A whole number that must be there. */
  public int integer(String key) {
    JsonNode found = get(key);
    if (found == null) {
      throw new ModelException(file, file + " lacks '" + at + key + "'.");
    }
    return integer(key, found);
  }

  /** A whole number, or {@code fallback} where it is absent or null. */
  public int integer(String key, int fallback) {
    JsonNode found = get(key);
    return found == null ? fallback : integer(key, found);
  }

  private int integer(String key, JsonNode found) {
    if (!found.isIntegralNumber() || !found.canConvertToInt()) {
      throw wrong(key, found, "a whole number");
    }
    return found.intValue();
  }

  /** A positive whole number that must be there. */
  public int size(String key) {
    int value = integer(key);
    if (value <= 0) {
      throw wrong(key, node.get(key), "more than 0");
    }
    return value;
  }

  public double number(String key, double fallback) {
    JsonNode found = get(key);
    if (found == null) {
      return fallback;
    }
    if (!found.isNumber()) {
      throw wrong(key, found, "a number");
    }
    return found.doubleValue();
  }

  public boolean flag(String key, boolean fallback) {
    JsonNode found = get(key);
    if (found == null) {
      return fallback;
    }
    if (!found.isBoolean()) {
      throw wrong(key, found, "true or false");
    }
    return found.booleanValue();
  }

  public String text(String key, String fallback) {
    JsonNode found = get(key);
    if (found == null) {
      return fallback;
    }
    if (!found.isTextual()) {
      throw wrong(key, found, "a text");
    }
    return found.textValue();
  }

  /** A text, number or truth as a text. */
  public String anyText(String key, String fallback) {
    JsonNode found = get(key);
    return found == null ? fallback : found.asText();
  }

  /** A list of texts, or null where it is absent. */
  public @Nullable List<String> texts(String key) {
    JsonNode found = get(key);
    if (found == null) {
      return null;
    }
    List<String> values = new ArrayList<>();
    for (JsonNode entry : found) {
      values.add(entry.asText());
    }
    return values;
  }

  /** A list of numbers, or null where it is absent. */
  public double @Nullable [] numbers(String key) {
    JsonNode found = get(key);
    if (found == null) {
      return null;
    }
    double[] values = new double[found.size()];
    for (int i = 0; i < values.length; i++) {
      if (!found.get(i).isNumber()) {
        throw wrong(key, found, "a list of numbers");
      }
      values[i] = found.get(i).doubleValue();
    }
    return values;
  }

  /** Marks keys as known to have no part in the forward pass of this architecture. */
  public Config ignore(String... keys) {
    read.addAll(List.of(keys));
    return this;
  }

  /**
   * Says that only one value of a key is supported.
   *
   * @throws ModelException if the key is there with another
   */
  public Config require(String key, Object only) {
    JsonNode found = get(key);
    if (found != null && !found.asText().equals(only.toString())) {
      throw wrong(key, found, "'" + only + "', the only value that is supported here");
    }
    return this;
  }

  /** An error about a key. */
  public ModelException wrong(String key, @Nullable JsonNode value, String wanted) {
    return new ModelException(
        file, file + ": '" + at + key + "' is " + value + ", wanted " + wanted + ".");
  }

  /** An error about what the keys say together. */
  public ModelException refuse(String message) {
    return new ModelException(file, file + ": " + message);
  }

  /**
   * Refuses the keys that no one asked for.
   *
   * @throws ModelException if there are any that are not null and not known to be without effect
   */
  public void requireAllRead() {
    Set<String> unknown = new TreeSet<>();
    collectUnread(unknown);
    if (!unknown.isEmpty()) {
      throw new ModelException(
          file,
          file
              + " has settings that are not known for model_type '"
              + modelType()
              + "': "
              + unknown
              + ". They may change the mathematics, so nothing was exported. Remove those that have no"
              + " effect.");
    }
  }

  private void collectUnread(Set<String> unknown) {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getValue().isNull()
          && !read.contains(entry.getKey())
          && !NEUTRAL.contains(entry.getKey())) {
        unknown.add(at + entry.getKey());
      }
    }
    for (Config part : parts.values()) {
      part.collectUnread(unknown);
    }
  }
}
