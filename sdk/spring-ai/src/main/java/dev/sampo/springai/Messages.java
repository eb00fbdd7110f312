package dev.sampo.springai;

import dev.sampo.error.RequestException;
import dev.sampo.tokenizer.chat.ChatMessage;
import dev.sampo.tokenizer.chat.ChatTemplateException;
import dev.sampo.tokenizer.chat.ToolCall;
import dev.sampo.tokenizer.chat.ToolDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.tool.ToolCallback;

/** Messages and tools, from Spring AI's types to ours. */
final class Messages {
  private Messages() {}

  static List<ChatMessage> of(List<Message> messages) {
    List<ChatMessage> out = new ArrayList<>(messages.size());
    for (Message message : messages) {
      if (message instanceof AssistantMessage assistant) {
        List<ToolCall> calls = new ArrayList<>();
        for (AssistantMessage.ToolCall call : assistant.getToolCalls()) {
          calls.add(call(call));
        }
        out.add(ChatMessage.assistant(assistant.getText(), calls));
      } else if (message instanceof ToolResponseMessage tools) {
        for (ToolResponseMessage.ToolResponse response : tools.getResponses()) {
          out.add(
              ChatMessage.tool(
                  new ToolCall(response.id(), response.name(), Map.of()), response.responseData()));
        }
      } else {
        if (message instanceof UserMessage user && !user.getMedia().isEmpty()) {
          throw new RequestException("messages", "Media is not supported: this model reads text.");
        }
        String text = message.getText();
        out.add(ChatMessage.of(message.getMessageType().getValue(), text == null ? "" : text));
      }
    }
    return out;
  }

  private static ToolCall call(AssistantMessage.ToolCall call) {
    try {
      return ToolCall.of(call.id(), call.name(), call.arguments());
    } catch (ChatTemplateException e) {
      throw new RequestException(
          "messages",
          "The arguments of the call of "
              + call.name()
              + " are no JSON object: "
              + call.arguments(),
          e);
    }
  }

  static List<ToolDefinition> tools(List<ToolCallback> tools) {
    List<ToolDefinition> out = new ArrayList<>(tools.size());
    for (ToolCallback tool : tools) {
      org.springframework.ai.tool.definition.ToolDefinition definition = tool.getToolDefinition();
      out.add(
          ToolDefinition.of(definition.name(), definition.description(), definition.inputSchema()));
    }
    return out;
  }
}
