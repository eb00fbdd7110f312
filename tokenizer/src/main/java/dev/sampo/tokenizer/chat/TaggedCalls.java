package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads calls of tools between marks: those whose arguments stand in tags of their own (their kinds are known from the tool's schema alone), and those whose
 * arguments are JSON behind the name. What is no call stays text.
 */
final class TaggedCalls {
  private static final Pattern QWEN =
      pattern(
          "(?:<(?:seed:)?tool_call>\\s*)?<function=([^>\\n]+)>(.*?)(?:</function>|\\z)(?:\\s*</(?:seed:)?tool_call>)?");
  private static final Pattern QWEN_PARAMETER =
      pattern("<parameter=([^>\\n]+)>(.*?)(?:</parameter>|(?=<parameter=)|\\z)");
  private static final Pattern GLM =
      pattern("<tool_call>([^\\n<]+?)\\s*((?:<arg_key>.*?)?)(?:</tool_call>|\\z)");
  private static final Pattern GLM_PARAMETER =
      pattern("<arg_key>(.*?)</arg_key>\\s*<arg_value>(.*?)(?:</arg_value>|\\z)");
  private static final Pattern MINIMAX =
      pattern("<minimax:tool_call>(.*?)(?:</minimax:tool_call>|\\z)");
  private static final Pattern MINIMAX_INVOKE =
      pattern("<invoke name=\"?([^\">]+)\"?>(.*?)(?:</invoke>|\\z)");
  private static final Pattern MINIMAX_PARAMETER =
      pattern("<parameter name=\"?([^\">]+)\"?>(.*?)(?:</parameter>|\\z)");
  private static final Pattern KIMI =
      pattern("<\\|tool_calls_section_begin\\|>(.*?)(?:<\\|tool_calls_section_end\\|>|\\z)");
  private static final Pattern KIMI_CALL =
      pattern(
          "<\\|tool_call_begin\\|>\\s*(.+?)\\s*<\\|tool_call_argument_begin\\|>(.*?)(?:<\\|tool_call_end\\|>|\\z)");
  private static final Pattern KIMI_ID = pattern("(?:functions\\.)?(.+?)(?::\\d+)?");
  private static final Pattern DEEPSEEK =
      pattern("<｜tool▁calls▁begin｜>(.*?)(?:<｜tool▁calls▁end｜>|\\z)");
  private static final Pattern DEEPSEEK_CALL =
      pattern("<｜tool▁call▁begin｜>(.*?)<｜tool▁sep｜>(.*?)(?:<｜tool▁call▁end｜>|\\z)");
  private static final Pattern DEEPSEEK_FENCED = pattern("(.+?)\\s*```json\\s*(.*?)\\s*```\\s*");
  private static final Pattern LIST =
      pattern(
          "(?:<\\|tool_call\\|>|<\\|START_ACTION\\|>)(.*?)(?:<\\|/tool_call\\|>|<\\|END_ACTION\\|>|\\z)");

  private final List<ToolDefinition> tools;
  private final List<ToolCall> calls;

  /**
   * @param tools those that were offered; arguments of others are texts
   * @param calls where what is found goes
   */
  TaggedCalls(List<ToolDefinition> tools, List<ToolCall> calls) {
    this.tools = tools;
    this.calls = calls;
  }

  private static Pattern pattern(String regex) {
    return Pattern.compile(regex, Pattern.DOTALL);
  }

  String qwen(String text) {
    return without(QWEN, text, m -> tagged(m.group(1).trim(), m.group(2), QWEN_PARAMETER));
  }

  String glm(String text) {
    return without(GLM, text, m -> tagged(m.group(1).trim(), m.group(2), GLM_PARAMETER));
  }

  String miniMax(String text) {
    return without(
        MINIMAX,
        text,
        block ->
            all(
                MINIMAX_INVOKE,
                block.group(1),
                m -> tagged(m.group(1), m.group(2), MINIMAX_PARAMETER)));
  }

  String kimi(String text) {
    return without(
        KIMI,
        text,
        block ->
            all(
                KIMI_CALL,
                block.group(1),
                m -> {
                  Matcher id = KIMI_ID.matcher(m.group(1));
                  return id.matches() && named(m.group(1), id.group(1), m.group(2));
                }));
  }

  String deepSeek(String text) {
    return without(
        DEEPSEEK,
        text,
        block ->
            all(
                DEEPSEEK_CALL,
                block.group(1),
                m -> {
                  Matcher fenced = DEEPSEEK_FENCED.matcher(m.group(2));
                  return fenced.matches()
                      ? named(null, fenced.group(1).trim(), fenced.group(2))
                      : named(null, m.group(1).trim(), m.group(2));
                }));
  }

  /** A mark, then JSON: a list of calls, or one. */
  String list(String text) {
    return without(
        LIST,
        text,
        m -> {
          Object json = ChatJson.readOrNull(m.group(1).trim());
          boolean taken =
              json instanceof Map || json instanceof List && !((List<?>) json).isEmpty();
          for (Object call :
              json instanceof List ? (List<?>) json : Arrays.asList(new Object[] {json})) {
            taken = taken && call instanceof Map && named((Map<?, ?>) call);
          }
          return taken;
        });
  }

  /** The text without the matches that are calls. */
  private String without(Pattern pattern, String text, Predicate<Matcher> take) {
    StringBuilder rest = new StringBuilder();
    Matcher m = pattern.matcher(text);
    int start = 0;
    while (m.find()) {
      int before = calls.size();
      if (take.test(m)) {
        rest.append(text, start, m.start());
        start = m.end();
      } else {
        calls.subList(before, calls.size()).clear();
      }
    }
    return rest.append(text, start, text.length()).toString();
  }

  /** Whether there is a match and each is a call. */
  private static boolean all(Pattern pattern, String text, Predicate<Matcher> take) {
    Matcher m = pattern.matcher(text);
    int count = 0;
    while (m.find()) {
      if (!take.test(m)) {
        return false;
      }
      count++;
    }
    return count > 0;
  }

  private boolean named(@Nullable String id, String name, String argumentsJson) {
    Object arguments = ChatJson.readOrNull(argumentsJson.trim());
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("id", id);
    call.put("name", name);
    call.put("arguments", arguments);
    return arguments instanceof Map && ToolCallFormat.add(call, calls);
  }

  private boolean named(Map<?, ?> json) {
    if (!json.containsKey("tool_name")) {
      return ToolCallFormat.add(json, calls);
    }
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("id", json.get("tool_call_id"));
    call.put("name", json.get("tool_name"));
    call.put("arguments", json.get("parameters"));
    return ToolCallFormat.add(call, calls);
  }

  private boolean tagged(String name, String body, Pattern parameter) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    Matcher m = parameter.matcher(body);
    while (m.find()) {
      String key = m.group(1).trim();
      arguments.put(key, value(schema(name, key), m.group(2)));
    }
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("name", name);
    call.put("arguments", arguments);
    return ToolCallFormat.add(call, calls);
  }

  // ---- kinds of values

  private @Nullable Map<?, ?> schema(String tool, String parameter) {
    for (ToolDefinition definition : tools) {
      Object properties = definition.parameters().get("properties");
      if (definition.name().equals(tool) && properties instanceof Map) {
        Object schema = ((Map<?, ?>) properties).get(parameter);
        return schema instanceof Map ? (Map<?, ?>) schema : null;
      }
    }
    return null;
  }

  /** A value as its schema wants it; what does not go, and what has no schema, is text. One line break at each end belongs to the tags. */
  private static @Nullable Object value(@Nullable Map<?, ?> schema, String raw) {
    int from = raw.startsWith("\n") ? 1 : 0;
    int to = raw.endsWith("\n") && raw.length() > from ? raw.length() - 1 : raw.length();
    String text = raw.substring(from, to);
    List<String> types = types(schema);
    if (types.isEmpty() || types.equals(Arrays.asList("string"))) {
      return text;
    }
    String word = text.trim();
    String lower = word.toLowerCase(Locale.ROOT);
    boolean spelledAsPython = lower.equals("true") || lower.equals("false");
    Object json = ChatJson.readOrNull(spelledAsPython ? lower : word);
    if (lower.equals("null") || lower.equals("none")) {
      return types.contains("string") && !types.contains("null") ? text : null;
    }
    for (String type : types) {
      if (is(type, json)) {
        return json;
      }
    }
    return text;
  }

  private static boolean is(String type, @Nullable Object json) {
    switch (type) {
      case "integer":
        return json instanceof Integer
            || json instanceof Long
            || json instanceof java.math.BigInteger;
      case "number":
        return json instanceof Number;
      case "boolean":
        return json instanceof Boolean;
      case "array":
        return json instanceof List;
      case "object":
        return json instanceof Map;
      default:
        return false;
    }
  }

  /** The types that a schema speaks of; none where any will do. */
  private static List<String> types(@Nullable Map<?, ?> schema) {
    List<String> types = new ArrayList<>();
    if (schema == null) {
      return types;
    }
    Object type = schema.get("type");
    for (Object one : type instanceof List ? (List<?>) type : Arrays.asList(type)) {
      if (one instanceof String) {
        types.add((String) one);
      }
    }
    for (String key : Arrays.asList("anyOf", "oneOf")) {
      if (schema.get(key) instanceof List) {
        for (Object option : (List<?>) schema.get(key)) {
          types.addAll(types(option instanceof Map ? (Map<?, ?>) option : null));
        }
      }
    }
    if (Boolean.TRUE.equals(schema.get("nullable"))) {
      types.add("null");
    }
    return types;
  }
}
