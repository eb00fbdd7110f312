package dev.sampo.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code tokenizer_config.json} and {@code special_tokens_map.json} say beside the tokenizer itself. Immutable. */
public final class TokenizerConfig {
  private static final String[] ROLES = {
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"
  };

  static final TokenizerConfig EMPTY = new TokenizerConfig(null, null, Collections.emptyMap());

  private final Map<String, String> specialTokens = new LinkedHashMap<>();
  private final Map<String, String> chatTemplates = new LinkedHashMap<>();
  private final long modelMaxLength;
  private final @Nullable String tokenizerClass;
  private final boolean cleanUpSpaces;
  private final boolean cleanUpBpe;

  /**
   * From the JSON files and the chat templates that are files of their own, by name; each may be missing. Where there are such files,
   * those within the JSON do not count, as in transformers.
   *
   * @throws TokenizerException if a field has the wrong type
   */
  TokenizerConfig(
      @Nullable JsonNode config, @Nullable JsonNode tokensMap, Map<String, String> templateFiles) {
    for (String role : ROLES) {
      String token = token(config, role);
      if (token == null) {
        token = token(tokensMap, role);
      }
      if (token != null) {
        specialTokens.put(role, token);
      }
    }
    named(config);
    named(tokensMap);
    if (templateFiles.isEmpty()) {
      templates(config == null ? null : config.get("chat_template"));
    } else {
      chatTemplates.putAll(templateFiles);
    }
    JsonNode max = config == null ? null : config.get("model_max_length");
    modelMaxLength =
        max == null || !max.isNumber() || max.doubleValue() > 1e15 ? -1 : max.longValue();
    tokenizerClass = config == null ? null : config.path("tokenizer_class").asText(null);
    cleanUpSpaces = config != null && config.path("clean_up_tokenization_spaces").asBoolean(false);
    cleanUpBpe =
        config != null
            && config
                .path("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output")
                .asBoolean(false);
  }

  /** Special tokens that only this model names: {@code image_token} and the like, or a dict of them. */
  private void named(@Nullable JsonNode json) {
    if (json == null) {
      return;
    }
    for (Map.Entry<String, JsonNode> e : json.properties()) {
      boolean text = e.getValue().isTextual() || e.getValue().path("content").isTextual();
      if (text && e.getKey().endsWith("_token")) {
        specialTokens.putIfAbsent(e.getKey(), String.valueOf(token(json, e.getKey())));
      }
    }
    for (String key : new String[] {"extra_special_tokens", "model_specific_special_tokens"}) {
      JsonNode more = json.path(key);
      if (more.isObject()) {
        for (Map.Entry<String, JsonNode> e : more.properties()) {
          String token = token(more, e.getKey());
          if (token != null) {
            specialTokens.putIfAbsent(e.getKey(), token);
          }
        }
      }
    }
  }

  private void templates(@Nullable JsonNode templates) {
    if (templates != null && templates.isTextual()) {
      chatTemplates.put("default", templates.textValue());
    } else if (templates != null && (templates.isArray() || templates.isObject())) {
      for (Map.Entry<String, JsonNode> e : templates.properties()) {
        add(e.getKey(), e.getValue(), "$.chat_template." + e.getKey());
      }
      for (int i = 0; i < templates.size() && templates.isArray(); i++) {
        JsonNode t = templates.get(i);
        add(
            t.path("name").asText("default"),
            t.path("template"),
            "$.chat_template[" + i + "].template");
      }
    }
  }

  private void add(String name, JsonNode template, String path) {
    if (!template.isTextual()) {
      throw new TokenizerException(path + ": is not a string");
    }
    chatTemplates.put(name, template.textValue());
  }

  private static @Nullable String token(@Nullable JsonNode json, String role) {
    JsonNode node = json == null ? null : json.get(role);
    if (node == null || node.isNull()) {
      return null;
    }
    if (node.isTextual()) {
      return node.textValue();
    }
    JsonNode content = node.get("content");
    if (content == null || !content.isTextual()) {
      throw new TokenizerException(
          "$." + role + ": is neither a string nor an object with 'content'");
    }
    return content.textValue();
  }

  /** The token with a role ({@code bos_token}, {@code eos_token}, ...), or null. */
  public @Nullable String specialToken(String role) {
    return specialTokens.get(role);
  }

  /** All tokens that have a role, by role. */
  public Map<String, String> specialTokens() {
    return Collections.unmodifiableMap(specialTokens);
  }

  /** The chat template, or null. */
  public @Nullable String chatTemplate() {
    return chatTemplates.get("default");
  }

  /** All chat templates by name; the usual one is called {@code default}. */
  public Map<String, String> chatTemplates() {
    return Collections.unmodifiableMap(chatTemplates);
  }

  /** Most tokens that the model takes, or -1 if it is not said. */
  public long modelMaxLength() {
    return modelMaxLength;
  }

  /** The Python class that the file was written by, or null. */
  public @Nullable String tokenizerClass() {
    return tokenizerClass;
  }

  /** Whether decoding takes away the spaces before punctuation, as transformers does it for WordPiece and Unigram. */
  public boolean cleanUpTokenizationSpaces() {
    return cleanUpSpaces;
  }

  /** Whether it does so for BPE too. */
  boolean cleansUpBpe() {
    return cleanUpBpe;
  }
}
