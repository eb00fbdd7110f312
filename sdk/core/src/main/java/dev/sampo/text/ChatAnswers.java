package dev.sampo.text;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.GrammarException;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.chat.ChatMessage;
import dev.sampo.tokenizer.chat.ChatPrompt;
import dev.sampo.tokenizer.chat.ChatTemplate;
import dev.sampo.tokenizer.chat.ChatTemplateException;
import dev.sampo.tokenizer.chat.ToolCallFormat;
import java.util.Arrays;
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
}
