package dev.sampo.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.sampo.error.RequestException;
import dev.sampo.io.AtomicFile;
import dev.sampo.text.GenerationRequest;
import dev.sampo.tokenizer.chat.ChatMessage;
import dev.sampo.tokenizer.chat.ChatTemplateException;
import dev.sampo.tokenizer.chat.ToolDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A conversation as a JSON file: a list of messages, or an object with {@code messages} and perhaps {@code tools} and {@code documents}, all in
 * the form of OpenAI's API.
 */
record ChatFile(
    List<ChatMessage> messages, List<ToolDefinition> tools, List<Map<String, Object>> documents) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};

  static ChatFile read(Path file) throws IOException {
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(file));
      JsonNode listed = json.isArray() ? json : json.path("messages");
      if (!listed.isArray() || listed.isEmpty()) {
        throw new UsageException(
            file
                + " holds no conversation. Wanted: [{\"role\": \"user\", \"content\": \"...\"}], or"
                + " {\"messages\": [...], \"tools\": [...]}");
      }
      List<ChatMessage> messages = new ArrayList<>();
      for (Map<String, Object> message : maps(listed)) {
        messages.add(ChatMessage.of(message));
      }
      List<ToolDefinition> tools = new ArrayList<>();
      for (Map<String, Object> tool : maps(json.path("tools"))) {
        tools.add(ToolDefinition.of(tool));
      }
      return new ChatFile(messages, tools, maps(json.path("documents")));
    } catch (JsonProcessingException e) {
      throw new UsageException(file + " is not JSON: " + e.getOriginalMessage(), e);
    } catch (ChatTemplateException | RequestException | IllegalArgumentException e) {
      throw new UsageException(file + ": " + e.getMessage(), e);
    }
  }

  private static List<Map<String, Object>> maps(JsonNode list) {
    List<Map<String, Object>> maps = new ArrayList<>();
    for (JsonNode item : list) {
      if (!item.isObject()) {
        throw new IllegalArgumentException("an entry is not an object: " + item);
      }
      maps.add(JSON.convertValue(item, MAP));
    }
    return maps;
  }

  void addTo(GenerationRequest.Builder request) {
    request.messages(messages).tools(tools).documents(documents);
  }

  /** Writes messages so that {@link #read} reads them. */
  static void write(Path file, List<ChatMessage> messages) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(json(messages));
    AtomicFile.write(file, out -> out.write(bytes));
  }

  static ArrayNode json(List<ChatMessage> messages) {
    ArrayNode list = JSON.createArrayNode();
    messages.forEach(message -> list.add(JSON.valueToTree(message.toMap())));
    return list;
  }
}
