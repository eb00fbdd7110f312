package dev.sampo.tokenizer.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A conversation that a model is to go on with.
 *
 * @param messages what was said
 * @param tools what the model may call
 * @param documents what it may read: maps of {@code title} and {@code text}, or what else the template knows
 * @param variables more variables for the template, such as {@code enable_thinking}
 */
public record ChatPrompt(
    List<ChatMessage> messages,
    List<ToolDefinition> tools,
    List<Map<String, ?>> documents,
    Map<String, ?> variables) {
  public ChatPrompt {
    messages = Collections.unmodifiableList(new ArrayList<>(messages));
    tools = Collections.unmodifiableList(new ArrayList<>(tools));
    documents = Collections.unmodifiableList(new ArrayList<>(documents));
    variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
  }

  /**
   * The text that a template makes of it, up to where the answer begins. It holds the special tokens, the one of the beginning included: encode
   * it without adding any.
   *
   * @throws ChatTemplateException if the template refuses the conversation
   */
  public String render(ChatTemplate template) {
    List<Map<String, Object>> all = new ArrayList<>();
    messages.forEach(message -> all.add(message.toMap()));
    Map<String, Object> more = new LinkedHashMap<>();
    if (!tools.isEmpty()) {
      List<Map<String, Object>> defined = new ArrayList<>();
      tools.forEach(tool -> defined.add(tool.toMap()));
      more.put("tools", defined);
    }
    if (!documents.isEmpty()) {
      more.put("documents", documents);
    }
    more.putAll(variables);
    return template.apply(all, true, more);
  }
}
