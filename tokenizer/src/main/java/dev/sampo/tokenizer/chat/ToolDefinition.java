package dev.sampo.tokenizer.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A function that a model may call.
 *
 * @param name its name
 * @param description what it does, for the model to read
 * @param parameters the JSON schema of its arguments: an object
 */
public record ToolDefinition(String name, String description, Map<String, ?> parameters) {
  public ToolDefinition {
    Objects.requireNonNull(name);
    Objects.requireNonNull(description);
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
  }

  /**
   * A function with the JSON schema of its arguments as text.
   *
   * @throws ChatTemplateException if it is no JSON object
   */
  public static ToolDefinition of(String name, String description, String parametersJson) {
    Object schema = ChatJson.read(parametersJson);
    if (!(schema instanceof Map)) {
      throw new ChatTemplateException(
          "The parameters of " + name + " are no JSON schema of an object");
    }
    Map<String, Object> parameters = new LinkedHashMap<>();
    ((Map<?, ?>) schema).forEach((k, v) -> parameters.put(String.valueOf(k), v));
    return new ToolDefinition(name, description, parameters);
  }

  /**
   * A definition in the form of JSON that OpenAI's API and transformers take, with {@code type: function} around it or without.
   *
   * @throws ChatTemplateException if it has no name
   */
  public static ToolDefinition of(Map<String, ?> json) {
    Map<?, ?> inner = json.get("function") instanceof Map ? (Map<?, ?>) json.get("function") : json;
    Object name = inner.get("name");
    if (!(name instanceof String)) {
      throw new ChatTemplateException("A tool has no name: " + json.keySet());
    }
    Object description = inner.get("description");
    Map<String, Object> parameters = new LinkedHashMap<>();
    if (inner.get("parameters") instanceof Map) {
      ((Map<?, ?>) inner.get("parameters")).forEach((k, v) -> parameters.put(String.valueOf(k), v));
    }
    return new ToolDefinition(
        (String) name, description == null ? "" : description.toString(), parameters);
  }

  /** The definition as a template reads it. */
  public Map<String, Object> toMap() {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", name);
    function.put("description", description);
    function.put("parameters", parameters);
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("type", "function");
    map.put("function", function);
    return map;
  }
}
