package dev.sampo.tokenizer.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A function that a model wants to be called.
 *
 * @param id what the answer refers to; null where the template has no ids
 * @param name the function's name
 * @param arguments its arguments by name: strings, numbers, booleans, lists and maps
 */
public record ToolCall(@Nullable String id, String name, Map<String, ?> arguments) {
  public ToolCall {
    Objects.requireNonNull(name);
    arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
  }

  /**
   * A call whose arguments are text of a JSON object, as OpenAI's API has them.
   *
   * @param argumentsJson null or blank for none
   * @throws ChatTemplateException if they are not a JSON object
   */
  public static ToolCall of(@Nullable String id, String name, @Nullable String argumentsJson) {
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("id", id);
    call.put("name", name);
    call.put(
        "arguments",
        argumentsJson == null || argumentsJson.trim().isEmpty() ? null : argumentsJson);
    return of(call);
  }

  /** A call in the form of JSON, with arguments as an object or as text of one. */
  static ToolCall of(@Nullable Object json) {
    if (!(json instanceof Map)) {
      throw new ChatTemplateException("A tool call is not an object");
    }
    Map<?, ?> outer = (Map<?, ?>) json;
    Map<?, ?> call =
        outer.get("function") instanceof Map ? (Map<?, ?>) outer.get("function") : outer;
    Object name = call.get("name");
    if (!(name instanceof String)) {
      throw new ChatTemplateException("A tool call has no name");
    }
    Object arguments =
        call.containsKey("arguments") ? call.get("arguments") : call.get("parameters");
    if (arguments instanceof String) {
      arguments = ChatJson.read((String) arguments);
    }
    if (arguments != null && !(arguments instanceof Map)) {
      throw new ChatTemplateException(
          "The arguments of the call of " + name + " are not an object");
    }
    Map<String, Object> named = new LinkedHashMap<>();
    if (arguments != null) {
      ((Map<?, ?>) arguments).forEach((k, v) -> named.put(String.valueOf(k), v));
    }
    Object id = outer.get("id");
    return new ToolCall(id == null ? null : id.toString(), (String) name, named);
  }

  /** The arguments as JSON. */
  public String argumentsJson() {
    return ChatJson.write(arguments);
  }

  /** The call as a template reads it. */
  public Map<String, Object> toMap() {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", name);
    function.put("arguments", arguments);
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("type", "function");
    if (id != null) {
      map.put("id", id);
    }
    map.put("function", function);
    return map;
  }
}
