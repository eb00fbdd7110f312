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
  MISTRAL("[TOOL_CALLS][", "]", "arguments"),

  /** Qwen 3 Coder, Qwen 3.5, Nemotron 3, Seed: {@code <tool_call><function=NAME><parameter=KEY>VALUE</parameter></function></tool_call>}. */
  QWEN_XML("<tool_call>\n", "\n</tool_call>", ""),

  /** GLM 4.5 to 4.7: {@code <tool_call>NAME<arg_key>KEY</arg_key><arg_value>VALUE</arg_value></tool_call>}. */
  GLM("<tool_call>", "</tool_call>", ""),

  /** MiniMax M2: {@code <minimax:tool_call><invoke name="NAME"><parameter name="KEY">VALUE</parameter></invoke></minimax:tool_call>}. */
  MINIMAX("<minimax:tool_call>\n", "\n</minimax:tool_call>", ""),

  /** Kimi K2: {@code <|tool_call_begin|>functions.NAME:0<|tool_call_argument_begin|>{...}<|tool_call_end|>} in a section. */
  KIMI(
      "<|tool_calls_section_begin|><|tool_call_begin|>",
      "<|tool_call_end|><|tool_calls_section_end|>",
      ""),

  /** DeepSeek V3 and V3.1: the name, a separator and JSON (V3: in a fence) between marks with full-width bars. */
  DEEPSEEK("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>", "<｜tool▁call▁end｜><｜tool▁calls▁end｜>", ""),

  /** Granite 3, Phi 4 mini: {@code <|tool_call|>[{"name": ..., "arguments": {...}}, ...]}. */
  MARKED_LIST("<|tool_call|>[", "]", "arguments"),

  /** Command R7B and A: {@code <|START_ACTION|>[{"tool_call_id": ..., "tool_name": ..., "parameters": {...}}]<|END_ACTION|>}. */
  COHERE("<|START_ACTION|>[", "]<|END_ACTION|>", "parameters"),

  /** LFM2 and OLMo 3: {@code <|tool_call_start|>[f(a=1, b="x")]<|tool_call_end|>}, {@code <function_calls>f(a=1)</function_calls>}. */
  PYTHONIC("<|tool_call_start|>[", "]<|tool_call_end|>", ""),

  /** FunctionGemma and Gemma 4: {@code <start_function_call>call:f{a:1,b:<escape>x<escape>}<end_function_call>}. */
  GEMMA("<start_function_call>call:", "<end_function_call>", "");

  private static final Pattern HERMES_CALL =
      Pattern.compile("<tool_call>(.*?)(?:</tool_call>|\\z)", Pattern.DOTALL);
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

  /** What a template says that tells of a format; the first that is found counts, so that what is particular stands before what is common. */
  private static final Map<String, ToolCallFormat> SIGNS = new LinkedHashMap<>();

  static {
    SIGNS.put("<minimax:tool_call>", MINIMAX);
    SIGNS.put("<|tool_calls_section_begin|>", KIMI);
    SIGNS.put("<｜tool▁calls▁begin｜>", DEEPSEEK);
    SIGNS.put("<|START_ACTION|>", COHERE);
    SIGNS.put("<start_function_call>", GEMMA);
    SIGNS.put("<|tool_call>", GEMMA);
    SIGNS.put("<function=", QWEN_XML);
    SIGNS.put("<arg_key>", GLM);
    SIGNS.put("<|tool_call_start|>", PYTHONIC);
    SIGNS.put("<|tool_list_start|>", PYTHONIC);
    SIGNS.put("<function_calls>", PYTHONIC);
    SIGNS.put("<tool_call>", HERMES);
    SIGNS.put(MISTRAL_MARK, MISTRAL);
    SIGNS.put("<|tool_call|>", MARKED_LIST);
    SIGNS.put("<|tool|>", MARKED_LIST);
    SIGNS.put("<|python_tag|>", LLAMA3);
    SIGNS.put("\"parameters\": dictionary", LLAMA3);
  }

  /** Texts that a call begins with, in whatever format. */
  private static final List<String> MARKS =
      Collections.unmodifiableList(
          Arrays.asList(
              "<tool_call>",
              MISTRAL_MARK,
              "<|python_tag|>",
              "<function=",
              "<seed:tool_call>",
              "<minimax:tool_call>",
              "<|tool_calls_section_begin|>",
              "<｜tool▁calls▁begin｜>",
              "<|tool_call|>",
              "<|START_ACTION|>",
              "<|tool_call_start|>",
              "<function_calls>",
              "<start_function_call>",
              "<|tool_call>"));

  /** The format that a template's source speaks of; null if it is none of these. */
  public static @Nullable ToolCallFormat of(String templateSource) {
    // DeepSeek from V3.2 on has a markup of its own.
    if (templateSource.contains("｜DSML｜")) {
      return null;
    }
    for (Map.Entry<String, ToolCallFormat> sign : SIGNS.entrySet()) {
      if (templateSource.contains(sign.getKey())) {
        return sign.getValue();
      }
    }
    return null;
  }

  /** Texts that a call begins with, in whatever format. */
  public static List<String> marks() {
    return MARKS;
  }

  /** What stands before the JSON of one call. */
  public String before() {
    return before;
  }

  /** What stands behind it. */
  public String after() {
    return after;
  }

  /** Whether a call is JSON that {@link #callSchema} describes, between {@link #before} and {@link #after}. */
  public boolean isJson() {
    return !argumentsKey.isEmpty();
  }

  /** The JSON schema of one call of one of these tools, where {@link #isJson}. */
  public String callSchema(List<ToolDefinition> tools) {
    List<Object> any = new ArrayList<>();
    for (ToolDefinition tool : tools) {
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("type", "object");
      parameters.putAll(tool.parameters());
      Map<String, Object> properties = new LinkedHashMap<>();
      if (this == COHERE) {
        properties.put("tool_call_id", Collections.singletonMap("const", "0"));
      }
      String nameKey = this == COHERE ? "tool_name" : "name";
      properties.put(nameKey, Collections.singletonMap("const", tool.name()));
      properties.put(argumentsKey, parameters);
      Map<String, Object> call = new LinkedHashMap<>();
      call.put("type", "object");
      call.put("properties", properties);
      call.put("required", new ArrayList<>(properties.keySet()));
      call.put("additionalProperties", false);
      any.add(call);
    }
    return ChatJson.write(any.size() == 1 ? any.get(0) : Collections.singletonMap("anyOf", any));
  }

  /**
   * {@link #parse(String, List)} without knowing the tools: in formats whose arguments stand in tags, all are texts.
   *
   * @param text special tokens included, the end token left out
   */
  public ChatMessage parse(String text) {
    return parse(text, Collections.<ToolDefinition>emptyList());
  }

  /**
   * What an assistant wrote: its text and its calls. What looks like a call, but is none, stays text.
   *
   * @param text special tokens included, the end token left out
   * @param tools those that were offered; their schemas say which arguments are numbers where the format does not
   */
  public ChatMessage parse(String text, List<ToolDefinition> tools) {
    List<ToolCall> calls = new ArrayList<>();
    String rest = rest(text, new TaggedCalls(tools, calls), calls);
    String content = rest.trim();
    return calls.isEmpty()
        ? ChatMessage.assistant(text)
        : ChatMessage.assistant(content.isEmpty() ? null : content, calls);
  }

  /** Takes the calls out of a text and gives what is left of it. */
  private String rest(String text, TaggedCalls tagged, List<ToolCall> calls) {
    switch (this) {
      case HERMES:
        return hermes(text, calls);
      case MISTRAL:
        return mistral(text, calls);
      case QWEN_XML:
        return tagged.qwen(text);
      case GLM:
        return tagged.glm(text);
      case MINIMAX:
        return tagged.miniMax(text);
      case KIMI:
        return tagged.kimi(text);
      case DEEPSEEK:
        return tagged.deepSeek(text);
      case MARKED_LIST:
      case COHERE:
        return tagged.list(text);
      case PYTHONIC:
      case GEMMA:
        return LiteralCalls.read(text, this == PYTHONIC, calls);
      default:
        return llama3(text, calls);
    }
  }

  static boolean add(@Nullable Object json, List<ToolCall> calls) {
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
  static String idOf(int index) {
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
