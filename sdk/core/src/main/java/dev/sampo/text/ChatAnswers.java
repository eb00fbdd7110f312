package dev.sampo.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.GrammarException;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.chat.ChatMessage;
import dev.sampo.tokenizer.chat.ChatPrompt;
import dev.sampo.tokenizer.chat.ChatTemplate;
import dev.sampo.tokenizer.chat.ChatTemplateException;
import dev.sampo.tokenizer.chat.ToolCallFormat;
import dev.sampo.tokenizer.chat.ToolDefinition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** From messages to ids, and from what was generated back to a message. */
final class ChatAnswers {
  private ChatAnswers() {}

  private static ChatTemplate template(GenerationRequest request, @Nullable Tokenizer tokenizer) {
    ChatTemplate given = request.chatTemplate();
    if (given != null) {
      return tokenizer == null ? given : given.withSpecialTokens(tokenizer.config());
    }
    ChatTemplate own = tokenizer == null ? null : tokenizer.chatTemplate();
    if (own == null) {
      throw new RequestException(
          "messages",
          "The model has no chat template (chat_template.jinja, or chat_template of"
              + " tokenizer_config.json), so it was not made for conversations. Give a prompt, or"
              + " chatTemplate.");
    }
    return own;
  }

  /** The ids of a conversation. The template writes all special tokens, so none is added. */
  static int[] promptIds(GenerationRequest request, ChatPrompt chat, Tokenizer tokenizer) {
    try {
      int[] ids = tokenizer.encodeToIds(chat.render(template(request, tokenizer)), false);
      if (ids.length == 0) {
        throw new RequestException("messages", "The chat template makes an empty prompt of them.");
      }
      return ids;
    } catch (ChatTemplateException e) {
      throw new RequestException("messages", String.valueOf(e.getMessage()), e);
    }
  }

  private static @Nullable ToolCallFormat format(
      GenerationRequest request, ChatPrompt chat, @Nullable Tokenizer tokenizer) {
    return ToolCallFormat.of(template(request, tokenizer).source(!chat.tools().isEmpty()));
  }

  /** The request's own grammar, or the one of a call that has to be made. */
  static @Nullable Grammar grammar(GenerationRequest request, @Nullable Tokenizer tokenizer) {
    ChatPrompt chat = request.chat();
    if (!request.toolCallRequired() || chat == null) {
      return request.grammar();
    }
    ToolCallFormat format = format(request, chat, tokenizer);
    if (format == null) {
      throw new RequestException(
          "toolCallRequired",
          "How this model writes calls of tools is not known: its chat template is none of "
              + Arrays.toString(ToolCallFormat.values())
              + ". Give a grammar.");
    }
    try {
      return ToolCallGrammar.of(format, chat.tools());
    } catch (GrammarException e) {
      throw new RequestException(
          "tools", "The parameters of a tool cannot be guaranteed: " + e.getMessage(), e);
    }
  }

  /** The answer of a conversation; null for a request without messages. */
  static @Nullable ChatMessage message(
      GenerationRequest request, @Nullable Tokenizer tokenizer, int[] ids, String text) {
    ChatPrompt chat = request.chat();
    if (chat == null || tokenizer == null) {
      return null;
    }
    ToolCallFormat format = format(request, chat, tokenizer);
    if (format != null) {
      int end = ids.length;
      while (end > 0 && tokenizer.isSpecial(ids[end - 1])) {
        end--;
      }
      ChatMessage parsed =
          format.parse(tokenizer.decode(Arrays.copyOf(ids, end), false), chat.tools());
      if (!parsed.toolCalls().isEmpty()) {
        return parsed;
      }
    }
    return ChatMessage.assistant(text.trim());
  }

  /** The grammar of one call of one of the tools, as a format writes it. */
  static final class ToolCallGrammar {
    /** Text in a tag: no closing tag in it. */
    private static final String TAG_TEXT = "([^<]|<+[^</])*";

    private static final List<String> TEXT_CONSTRAINTS =
        Collections.unmodifiableList(Arrays.asList("pattern", "minLength", "maxLength", "format"));

    private ToolCallGrammar() {}

    /**
     * The grammar.
     *
     * @throws GrammarException if the parameters of a tool cannot be kept
     * @throws RequestException if calls of this format can be read but not forced
     */
    static Grammar of(ToolCallFormat format, List<ToolDefinition> tools) {
      if (format.isJson()) {
        return Grammar.between(
            format.before(), Grammar.jsonSchema(format.callSchema(tools)), format.after());
      }
      List<Grammar> calls = new ArrayList<>();
      for (ToolDefinition tool : tools) {
        calls.add(Grammar.sequence(call(format, tool)));
      }
      return Grammar.between(format.before(), Grammar.anyOf(calls), format.after());
    }

    private static List<Grammar> call(ToolCallFormat format, ToolDefinition tool) {
      List<Grammar> parts = new ArrayList<>();
      String name = tool.name();
      switch (format) {
        case KIMI:
          parts.add(Grammar.text("functions." + name + ":0<|tool_call_argument_begin|>"));
          parts.add(arguments(tool));
          break;
        case DEEPSEEK:
          parts.add(Grammar.text(name + "<｜tool▁sep｜>"));
          parts.add(arguments(tool));
          break;
        case QWEN_XML:
          parts.add(Grammar.text("<function=" + name + ">\n"));
          addTagged(parts, tool, "<parameter=%s>\n", "\n</parameter>\n");
          parts.add(Grammar.text("</function>"));
          break;
        case GLM:
          parts.add(Grammar.text(name + "\n"));
          addTagged(parts, tool, "<arg_key>%s</arg_key>\n<arg_value>", "</arg_value>\n");
          break;
        case MINIMAX:
          parts.add(Grammar.text("<invoke name=\"" + name + "\">\n"));
          addTagged(parts, tool, "<parameter name=\"%s\">", "</parameter>\n");
          parts.add(Grammar.text("</invoke>"));
          break;
        default:
          throw new RequestException(
              "toolCallRequired",
              "Calls in the format "
                  + format
                  + " of this model's chat template are read, but cannot be forced. Leave"
                  + " toolCallRequired out, or give a grammar.");
      }
      return parts;
    }

    private static Grammar arguments(ToolDefinition tool) {
      Map<String, Object> schema = new LinkedHashMap<>();
      schema.put("type", "object");
      schema.putAll(tool.parameters());
      return Grammar.jsonSchema(json(schema));
    }

    private static void addTagged(
        List<Grammar> parts, ToolDefinition tool, String before, String after) {
      Object properties = tool.parameters().get("properties");
      Object required = tool.parameters().get("required");
      if (!(properties instanceof Map)) {
        return;
      }
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) properties).entrySet()) {
        String key = String.valueOf(entry.getKey());
        Grammar parameter =
            Grammar.between(
                String.format(java.util.Locale.ROOT, before, key),
                value(tool, key, entry.getValue()),
                after);
        boolean wanted = required instanceof Collection && ((Collection<?>) required).contains(key);
        parts.add(wanted ? parameter : Grammar.optional(parameter));
      }
    }

    /** Texts stand in a tag as they are, all else as JSON. */
    private static Grammar value(ToolDefinition tool, String key, Object schema) {
      Map<?, ?> map = schema instanceof Map ? (Map<?, ?>) schema : Collections.emptyMap();
      Object values = map.get("enum");
      if (values instanceof List
          && ((List<?>) values).stream().allMatch(String.class::isInstance)) {
        List<Grammar> texts = new ArrayList<>();
        ((List<?>) values).forEach(text -> texts.add(Grammar.text((String) text)));
        return Grammar.anyOf(texts);
      }
      Object type = map.get("type");
      boolean text =
          "string".equals(type)
              || type instanceof Collection && ((Collection<?>) type).contains("string")
              || map.isEmpty();
      if (!text) {
        Map<String, Object> whole = new LinkedHashMap<>();
        for (String definitions : Arrays.asList("$defs", "definitions")) {
          if (tool.parameters().get(definitions) != null) {
            whole.put(definitions, tool.parameters().get(definitions));
          }
        }
        map.forEach((k, v) -> whole.put(String.valueOf(k), v));
        return Grammar.jsonSchema(json(whole));
      }
      for (String constraint : TEXT_CONSTRAINTS) {
        if (map.containsKey(constraint)) {
          throw new GrammarException(
              "'"
                  + constraint
                  + "' of the text '"
                  + key
                  + "' of "
                  + tool.name()
                  + " cannot be kept where texts stand in tags. Leave it out, or give an enum.");
        }
      }
      return Grammar.regex(TAG_TEXT);
    }

    private static String json(Map<String, Object> schema) {
      try {
        return new ObjectMapper().writeValueAsString(schema);
      } catch (JsonProcessingException e) {
        throw new GrammarException(
            "A schema cannot be written as JSON: " + e.getOriginalMessage(), e);
      }
    }
  }
}
