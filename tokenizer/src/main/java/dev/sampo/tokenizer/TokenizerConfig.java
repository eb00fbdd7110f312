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

  static final TokenizerConfig EMPTY = new TokenizerConfig(null, null, null);

  private final Map<String, String> specialTokens = new LinkedHashMap<>();
  private final Map<String, String> chatTemplates = new LinkedHashMap<>();
  private final long modelMaxLength;
  private final @Nullable String tokenizerClass;
  private final boolean cleanUpSpaces;

  /**
   * From the JSON files and, where it is a file of its own, the chat template; each may be missing.
   *
   * @throws TokenizerException if a field has the wrong type
   */
  TokenizerConfig(
      @Nullable JsonNode config, @Nullable JsonNode tokensMap, @Nullable String template) {
    for (String role : ROLES) {
      String token = token(config, role);
      if (token == null) {
        token = token(tokensMap, role);
      }
      if (token != null) {
        specialTokens.put(role, token);
      }
    }
    JsonNode templates = config == null ? null : config.get("chat_template");
    if (template != null) {
      chatTemplates.put("default", template);
    } else if (templates != null && templates.isTextual()) {
      chatTemplates.put("default", templates.textValue());
    } else if (templates != null && templates.isArray()) {
      for (JsonNode t : templates) {
        chatTemplates.put(t.path("name").asText("default"), t.path("template").asText());
      }
    }
    JsonNode max = config == null ? null : config.get("model_max_length");
    modelMaxLength =
        max == null || !max.isNumber() || max.doubleValue() > 1e15 ? -1 : max.longValue();
    tokenizerClass = config == null ? null : config.path("tokenizer_class").asText(null);
    cleanUpSpaces = config != null && config.path("clean_up_tokenization_spaces").asBoolean(false);
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

  /** Whether transformers would clean up spaces before punctuation after decoding; this library does not. */
  public boolean cleanUpTokenizationSpaces() {
    return cleanUpSpaces;
  }
}
