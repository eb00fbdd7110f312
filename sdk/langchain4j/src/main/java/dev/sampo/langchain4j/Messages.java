package dev.sampo.langchain4j;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import dev.sampo.tokenizer.chat.ChatMessage;
import dev.sampo.tokenizer.chat.ChatTemplateException;
import dev.sampo.tokenizer.chat.ToolCall;
import dev.sampo.tokenizer.chat.ToolDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** Messages and tools, from LangChain4j's types to ours and back. */
final class Messages {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Messages() {}

  static List<ChatMessage> of(List<dev.langchain4j.data.message.ChatMessage> messages) {
    List<ChatMessage> out = new ArrayList<>(messages.size());
    for (dev.langchain4j.data.message.ChatMessage message : messages) {
      out.add(of(message));
    }
    return out;
  }

  private static ChatMessage of(dev.langchain4j.data.message.ChatMessage message) {
    if (message instanceof SystemMessage system) {
      return ChatMessage.system(system.text());
    }
    if (message instanceof UserMessage user) {
      return ChatMessage.user(text(user.contents()));
    }
    if (message instanceof AiMessage ai) {
      List<ToolCall> calls = new ArrayList<>();
      for (ToolExecutionRequest call : ai.toolExecutionRequests()) {
        calls.add(call(call));
      }
      return ChatMessage.assistant(ai.text(), calls);
    }
    if (message instanceof ToolExecutionResultMessage result) {
      ToolCall call = new ToolCall(result.id(), result.toolName(), Map.of());
      return ChatMessage.tool(call, text(result.contents()));
    }
    throw new UnsupportedFeatureException(
        "Messages of type " + message.type() + " are not supported.");
  }

  private static String text(List<Content> contents) {
    StringBuilder text = new StringBuilder();
    for (Content content : contents) {
      if (!(content instanceof TextContent part)) {
        throw new UnsupportedFeatureException(
            "Content of type "
                + content.type().toString().toLowerCase(Locale.ROOT)
                + " is not supported: this model reads text.");
      }
      text.append(text.length() == 0 ? "" : "\n").append(part.text());
    }
    return text.toString();
  }

  private static ToolCall call(ToolExecutionRequest call) {
    try {
      return ToolCall.of(call.id(), call.name(), call.arguments());
    } catch (ChatTemplateException e) {
      throw new InvalidRequestException(
          "The arguments of the call of "
              + call.name()
              + " are no JSON object: "
              + call.arguments(),
          e);
    }
  }

  static List<ToolDefinition> tools(List<ToolSpecification> tools) {
    List<ToolDefinition> out = new ArrayList<>(tools.size());
    for (ToolSpecification tool : tools) {
      Map<String, Object> parameters =
          tool.parameters() == null
              ? Map.of("type", "object", "properties", Map.of())
              : JsonSchemaElementUtils.toMap(tool.parameters());
      out.add(
          new ToolDefinition(
              tool.name(), tool.description() == null ? "" : tool.description(), parameters));
    }
    return out;
  }

  static String schema(JsonSchemaElement root) {
    try {
      return MAPPER.writeValueAsString(JsonSchemaElementUtils.toMap(root));
    } catch (JsonProcessingException e) {
      throw new InvalidRequestException("The JSON schema cannot be written: " + e.getMessage(), e);
    }
  }

  static List<ToolExecutionRequest> calls(List<ToolCall> calls) {
    List<ToolExecutionRequest> out = new ArrayList<>(calls.size());
    for (ToolCall call : calls) {
      out.add(
          ToolExecutionRequest.builder()
              .id("call_" + UUID.randomUUID().toString().replace("-", "").substring(0, 16))
              .name(call.name())
              .arguments(call.argumentsJson())
              .build());
    }
    return out;
  }
}
