package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One message of a conversation.
 *
 * @param role {@code system}, {@code user}, {@code assistant} or {@code tool}, or what else the template knows
 * @param content its text; null where it only calls tools
 * @param toolCalls what an assistant wants to be called
 * @param toolCallId for a tool's message: the call that it answers, or null
 * @param name for a tool's message: the function's name, or null
 * @param more other fields that the template reads, as JSON has them; a {@code content} here (a list of parts, for one) goes over the text
 */
public record ChatMessage(
    String role,
    @Nullable String content,
    List<ToolCall> toolCalls,
    @Nullable String toolCallId,
    @Nullable String name,
    Map<String, ?> more) {
  public ChatMessage {
    Objects.requireNonNull(role);
    toolCalls = Collections.unmodifiableList(new ArrayList<>(toolCalls));
    more = Collections.unmodifiableMap(new LinkedHashMap<>(more));
  }

  /** A message with a text. */
  public static ChatMessage of(String role, String content) {
    return new ChatMessage(
        role, content, Collections.emptyList(), null, null, Collections.emptyMap());
  }

  /** What the model is told before all else. */
  public static ChatMessage system(String content) {
    return of("system", content);
  }

  /** What the user says. */
  public static ChatMessage user(String content) {
    return of("user", content);
  }

  /** What the model said. */
  public static ChatMessage assistant(String content) {
    return of("assistant", content);
  }

  /** What the model said and wants to be called. */
  public static ChatMessage assistant(@Nullable String content, List<ToolCall> calls) {
    return new ChatMessage("assistant", content, calls, null, null, Collections.emptyMap());
  }

  /** What a tool answered. */
  public static ChatMessage tool(ToolCall call, String content) {
    return new ChatMessage(
        "tool", content, Collections.emptyList(), call.id(), call.name(), Collections.emptyMap());
  }

  /**
   * A message in the form of JSON that OpenAI's API and transformers take.
   *
   * @throws ChatTemplateException if it has no role, or a field is of the wrong type; the message names it
   */
  public static ChatMessage of(Map<String, ?> json) {
    Map<String, Object> more = new LinkedHashMap<>(json);
    Object role = more.remove("role");
    if (!(role instanceof String)) {
      throw new ChatTemplateException("A message has no role: " + json.keySet());
    }
    Object content = more.get("content");
    boolean plain = content == null || content instanceof String;
    if (plain) {
      more.remove("content");
    }
    List<ToolCall> calls = new ArrayList<>();
    Object listed = more.remove("tool_calls");
    if (listed instanceof List) {
      for (Object call : (List<?>) listed) {
        calls.add(ToolCall.of(call));
      }
    } else if (listed != null) {
      throw new ChatTemplateException("tool_calls of a message is not a list");
    }
    Object id = more.remove("tool_call_id");
    Object name = more.remove("name");
    return new ChatMessage(
        (String) role,
        plain ? (String) content : null,
        calls,
        id == null ? null : id.toString(),
        name == null ? null : name.toString(),
        more);
  }

  /** The message as a template reads it, and as JSON has it. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("role", role);
    if (content != null || toolCalls.isEmpty()) {
      map.put("content", content == null ? "" : content);
    }
    if (!toolCalls.isEmpty()) {
      List<Map<String, Object>> calls = new ArrayList<>();
      toolCalls.forEach(call -> calls.add(call.toMap()));
      map.put("tool_calls", calls);
    }
    if (toolCallId != null) {
      map.put("tool_call_id", toolCallId);
    }
    if (name != null) {
      map.put("name", name);
    }
    map.putAll(more);
    return map;
  }
}
