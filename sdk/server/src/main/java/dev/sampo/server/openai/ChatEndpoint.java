package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.server.ServerConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.tokenizer.chat.ChatMessage;
import dev.sampo.tokenizer.chat.ChatPrompt;
import dev.sampo.tokenizer.chat.ChatTemplateException;
import dev.sampo.tokenizer.chat.ToolCall;
import dev.sampo.tokenizer.chat.ToolDefinition;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/chat/completions}. */
final class ChatEndpoint extends TextEndpoint {
  private static final int MAX_MESSAGES = 2048;
  private static final int MAX_TOOLS = 128;

  ChatEndpoint(Models models, Running running, ServerConfig config, Metrics metrics) {
    super(models, running, config, metrics);
  }

  @Override
  Answer read(Fields fields, TextHost host, TextJob job) {
    List<ChatMessage> messages = messages(fields.any("messages"));
    Tools tools = tools(fields);
    TextSettings settings =
        TextSettings.read(fields, host, config(), true, !tools.offered.isEmpty());
    Map<String, Object> variables = Collections.emptyMap();
    JsonNode given = fields.any("chat_template_kwargs");
    if (given != null && given.isObject()) {
      variables = Json.map(given);
    }
    fields.finish();
    if (tools.required && settings.grammar() != null) {
      throw ApiException.badRequest(
          "tool_choice", "A required call of a tool excludes another response_format.");
    }
    GenerationRequest.Builder request =
        GenerationRequest.builder()
            .messages(messages)
            .tools(tools.offered)
            .toolCallRequired(tools.required)
            .grammar(settings.grammar())
            .chatTemplate(host.served().chatTemplate());
    variables.forEach(request::templateVariable);
    int length = length(host, new ChatPrompt(messages, tools.offered, List.of(), variables));
    request.config(TextJob.fitted(host, settings, config(), length));
    for (int i = 0; i < settings.choices(); i++) {
      job.add(request.build().toBuilder(), settings);
    }
    return new Said(host, settings);
  }

  private static int length(TextHost host, ChatPrompt prompt) {
    try {
      return host.tokenizer().encodeToIds(prompt.render(host.template()), false).length;
    } catch (ChatTemplateException e) {
      throw ApiException.badRequest("messages", String.valueOf(e.getMessage()), e);
    }
  }

  // ---- messages

  private static List<ChatMessage> messages(@Nullable JsonNode json) {
    if (json == null || !json.isArray() || json.isEmpty() || json.size() > MAX_MESSAGES) {
      throw ApiException.badRequest(
          "messages", "messages has to be an array of 1 to " + MAX_MESSAGES + " messages.");
    }
    List<ChatMessage> messages = new ArrayList<>();
    for (int i = 0; i < json.size(); i++) {
      String param = "messages[" + i + "]";
      JsonNode message = json.get(i);
      if (!message.isObject() || !message.path("role").isTextual()) {
        throw ApiException.badRequest(param, param + " has to be an object with a role.");
      }
      try {
        messages.add(ChatMessage.of(plain((ObjectNode) message, param)));
      } catch (ChatTemplateException e) {
        throw ApiException.badRequest(param, param + ": " + e.getMessage(), e);
      }
    }
    return messages;
  }

  /** Parts of text become one text; what has no meaning for a template goes. */
  private static Map<String, Object> plain(ObjectNode message, String param) {
    ObjectNode copy = message.deepCopy();
    copy.remove(List.of("refusal", "annotations", "audio", "function_call"));
    if (copy.path("role").asText().equals("developer")) {
      copy.put("role", "system");
    }
    JsonNode content = copy.path("content");
    if (content.isArray()) {
      StringBuilder text = new StringBuilder();
      for (JsonNode part : content) {
        String type = part.path("type").asText();
        if (!type.equals("text") && !type.equals("refusal")) {
          throw ApiException.badRequest(
              param + ".content",
              "A part of type '" + type + "' is not supported: this model reads text.");
        }
        text.append(part.path("text").asText(part.path("refusal").asText()));
      }
      copy.put("content", text.toString());
    } else if (!content.isTextual() && !content.isNull() && !content.isMissingNode()) {
      throw ApiException.badRequest(
          param + ".content", "content has to be a string or an array of parts.");
    }
    if (copy.path("tool_calls").isNull()) {
      copy.remove("tool_calls");
    }
    return Json.map(copy);
  }

  // ---- tools

  private record Tools(List<ToolDefinition> offered, boolean required) {}

  private static Tools tools(Fields fields) {
    List<ToolDefinition> all = new ArrayList<>();
    JsonNode json = fields.any("tools");
    JsonNode choice = fields.any("tool_choice");
    if (json != null) {
      if (!json.isArray() || json.size() > MAX_TOOLS) {
        throw ApiException.badRequest(
            "tools", "tools has to be an array of at most " + MAX_TOOLS + " tools.");
      }
      for (JsonNode tool : json) {
        if (!tool.path("type").asText("function").equals("function") || !tool.isObject()) {
          throw ApiException.badRequest("tools", "A tool has to be of type 'function'.");
        }
        try {
          all.add(ToolDefinition.of(Json.map(tool)));
        } catch (ChatTemplateException e) {
          throw ApiException.badRequest("tools", String.valueOf(e.getMessage()), e);
        }
      }
    }
    return chosen(all, choice);
  }

  private static Tools chosen(List<ToolDefinition> all, @Nullable JsonNode choice) {
    if (choice != null && choice.isObject()) {
      String name = choice.path("function").path("name").asText();
      List<ToolDefinition> one = new ArrayList<>(all);
      one.removeIf(tool -> !tool.name().equals(name));
      if (one.isEmpty()) {
        throw ApiException.badRequest(
            "tool_choice", "tool_choice names '" + name + "', which is none of the tools.");
      }
      return new Tools(one, true);
    }
    String word = choice == null ? "auto" : choice.asText();
    switch (word) {
      case "auto":
        return new Tools(all, false);
      case "none":
        return new Tools(Collections.emptyList(), false);
      case "required":
        if (all.isEmpty()) {
          throw ApiException.badRequest("tool_choice", "A required call needs tools.");
        }
        return new Tools(all, true);
      default:
        throw ApiException.badRequest(
            "tool_choice",
            "tool_choice is '" + word + "'; wanted none, auto, required or a function.");
    }
  }

  // ---- answers

  /** An answer in a conversation. */
  private static final class Said extends Answer {
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Probs probs;

    Said(TextHost host, TextSettings settings) {
      super("chatcmpl-", host.served().id(), settings);
      this.probs = new Probs(host.tokenizer());
    }

    @Override
    ObjectNode whole() {
      return envelope("chat.completion");
    }

    /** Nine letters and digits: Mistral's template refuses others. */
    private static String callId() {
      StringBuilder id = new StringBuilder();
      for (int i = 0; i < 9; i++) {
        id.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
      }
      return id.toString();
    }

    private static void calls(ObjectNode message, List<ToolCall> calls, boolean indexed) {
      ArrayNode list = message.putArray("tool_calls");
      for (ToolCall call : calls) {
        ObjectNode json = list.addObject();
        if (indexed) {
          json.put("index", list.size() - 1);
        }
        json.put("id", callId());
        json.put("type", "function");
        json.putObject("function").put("name", call.name()).put("arguments", call.argumentsJson());
      }
    }

    @Override
    JsonNode choice(Choice choice, String text, List<ProbWatch.TokenProb> all) {
      ObjectNode json = Json.object().put("index", choice.index());
      ObjectNode message = json.putObject("message").put("role", "assistant");
      List<ToolCall> calls = choice.calls();
      message.put("content", text.isEmpty() && !calls.isEmpty() ? null : text);
      message.putNull("refusal");
      if (!calls.isEmpty()) {
        calls(message, calls, false);
      }
      json.set("logprobs", settings().topLogProbs() < 0 ? null : probs.chat(all));
      json.put("finish_reason", choice.finishReason());
      return json;
    }

    private ObjectNode chunk(
        Choice choice, ObjectNode delta, @Nullable ObjectNode logProbs, @Nullable String reason) {
      ObjectNode json = counts();
      ObjectNode one = json.putArray("choices").addObject().put("index", choice.index());
      one.set("delta", delta);
      one.set("logprobs", logProbs);
      one.put("finish_reason", reason);
      if (settings().usage()) {
        json.putNull("usage");
      }
      return json;
    }

    @Override
    ObjectNode begin(Choice choice) {
      ObjectNode delta = Json.object().put("role", "assistant").put("content", "");
      return chunk(choice, delta, null, null);
    }

    @Override
    ObjectNode piece(Choice choice, Choice.Piece piece) {
      return chunk(
          choice,
          Json.object().put("content", piece.text()),
          settings().topLogProbs() < 0 ? null : probs.chat(piece.probs()),
          null);
    }

    @Override
    List<ObjectNode> end(Choice choice) {
      List<ObjectNode> events = new ArrayList<>();
      if (!choice.calls().isEmpty()) {
        ObjectNode delta = Json.object();
        calls(delta, choice.calls(), true);
        events.add(chunk(choice, delta, null, null));
      }
      events.add(chunk(choice, Json.object(), null, choice.finishReason()));
      return events;
    }

    @Override
    ObjectNode counts() {
      return envelope("chat.completion.chunk");
    }
  }
}
