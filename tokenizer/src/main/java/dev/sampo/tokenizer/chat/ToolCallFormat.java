package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How a family of models writes the calls of tools. Which it is shows in the chat template. */
public enum ToolCallFormat {
  /** Hermes and Qwen: {@code <tool_call>{"name": ..., "arguments": {...}}</tool_call>}, any number of them. */
  HERMES("<tool_call>\n", "\n</tool_call>", "arguments"),

  /** Llama 3: the whole answer is {@code {"name": ..., "parameters": {...}}}, perhaps behind {@code <|python_tag|>}. */
  LLAMA3("", "", "parameters"),

  /** Mistral: {@code [TOOL_CALLS][{"name": ..., "arguments": {...}}, ...]}, or {@code [TOOL_CALLS]name[ARGS]{...}}. */
  MISTRAL("[TOOL_CALLS][", "]", "arguments");

  private static final Pattern HERMES_CALL =
      Pattern.compile("<tool_call>(.*?)(?:</tool_call>|$)", Pattern.DOTALL);
  private static final String MISTRAL_MARK = "[TOOL_CALLS]";
  private static final Pattern MISTRAL_NAMED =
      Pattern.compile(
          "\\s*([\\w.-]+)(?:\\[CALL_ID\\](\\w+))?(?:\\[ARGS\\])?(\\{.*)", Pattern.DOTALL);
  private static final String[] LLAMA3_MARKS = {"<|python_tag|>", "<|eom_id|>", "<|eot_id|>"};

  private final String before;
  private final String after;
  private final String argumentsKey;

  ToolCallFormat(String before, String after, String argumentsKey) {
    this.before = before;
    this.after = after;
    this.argumentsKey = argumentsKey;
  }

  /** The format that a template's source speaks of; null if it is none of these. */
  public static @Nullable ToolCallFormat of(String templateSource) {
    if (templateSource.contains("<tool_call>")) {
      return HERMES;
    }
    if (templateSource.contains(MISTRAL_MARK)) {
      return MISTRAL;
    }
    return templateSource.contains("<|python_tag|>")
            || templateSource.contains("\"parameters\": dictionary")
        ? LLAMA3
        : null;
  }

  /** What stands before the JSON of one call. */
  public String before() {
    return before;
  }

  /** What stands behind it. */
  public String after() {
    return after;
  }

  /** The JSON schema of one call of one of these tools. */
  public String callSchema(List<ToolDefinition> tools) {
    List<Object> any = new ArrayList<>();
    for (ToolDefinition tool : tools) {
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("type", "object");
      parameters.putAll(tool.parameters());
      Map<String, Object> properties = new LinkedHashMap<>();
      properties.put("name", Collections.singletonMap("const", tool.name()));
      properties.put(argumentsKey, parameters);
      Map<String, Object> call = new LinkedHashMap<>();
      call.put("type", "object");
      call.put("properties", properties);
      call.put("required", Arrays.asList("name", argumentsKey));
      call.put("additionalProperties", false);
      any.add(call);
    }
    return ChatJson.write(any.size() == 1 ? any.get(0) : Collections.singletonMap("anyOf", any));
  }

  /**
   * What an assistant wrote: its text and its calls. What looks like a call, but is no JSON of one, stays text.
   *
   * @param text special tokens included, the end token left out
   */
  public ChatMessage parse(String text) {
    List<ToolCall> calls = new ArrayList<>();
    String rest;
    switch (this) {
      case HERMES:
        rest = hermes(text, calls);
        break;
      case MISTRAL:
        rest = mistral(text, calls);
        break;
      default:
        rest = llama3(text, calls);
    }
    String content = rest.trim();
    return calls.isEmpty()
        ? ChatMessage.assistant(text)
        : ChatMessage.assistant(content.isEmpty() ? null : content, calls);
  }

  private static boolean add(@Nullable Object json, List<ToolCall> calls) {
    if (!(json instanceof Map) || !(((Map<?, ?>) json).get("name") instanceof String)) {
      return false;
    }
    try {
      ToolCall call = ToolCall.of(json);
      calls.add(
          call.id() != null
              ? call
              : new ToolCall(idOf(calls.size()), call.name(), call.arguments()));
      return true;
    } catch (ChatTemplateException e) {
      return false;
    }
  }

  /** Nine letters and digits, as Mistral's template wants them. */
  private static String idOf(int index) {
    return String.format(java.util.Locale.ROOT, "call%05d", index);
  }

  private static String hermes(String text, List<ToolCall> calls) {
    StringBuilder rest = new StringBuilder();
    Matcher m = HERMES_CALL.matcher(text);
    int start = 0;
    while (m.find()) {
      if (add(ChatJson.readOrNull(m.group(1).trim()), calls)) {
        rest.append(text, start, m.start());
        start = m.end();
      }
    }
    return rest.append(text, start, text.length()).toString();
  }

  private static String mistral(String text, List<ToolCall> calls) {
    int at = text.indexOf(MISTRAL_MARK);
    if (at < 0) {
      return text;
    }
    for (String part :
        text.substring(at + MISTRAL_MARK.length()).split(Pattern.quote(MISTRAL_MARK), -1)) {
      Object json = ChatJson.readOrNull(part.trim());
      Matcher named = MISTRAL_NAMED.matcher(part);
      boolean taken;
      if (json instanceof List) {
        taken = !((List<?>) json).isEmpty();
        for (Object call : (List<?>) json) {
          taken &= add(call, calls);
        }
      } else if (named.matches()) {
        Map<String, Object> call = new LinkedHashMap<>();
        call.put("id", named.group(2));
        call.put("name", named.group(1));
        call.put("arguments", ChatJson.readOrNull(named.group(3).trim()));
        taken = call.get("arguments") instanceof Map && add(call, calls);
      } else {
        taken = add(json, calls);
      }
      if (!taken) {
        calls.clear();
        return text;
      }
    }
    return text.substring(0, at);
  }

  private static String llama3(String text, List<ToolCall> calls) {
    String plain = text;
    for (String mark : LLAMA3_MARKS) {
      plain = plain.replace(mark, "");
    }
    plain = plain.trim();
    Object whole = ChatJson.readOrNull(plain);
    if (whole != null) {
      return add(whole, calls) ? "" : text;
    }
    for (String part : plain.split(";\\s*(?=\\{)", -1)) {
      if (!add(ChatJson.readOrNull(part.trim()), calls)) {
        calls.clear();
        return text;
      }
    }
    return "";
  }
}
