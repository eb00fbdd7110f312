package dev.sampo.langchain4j;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.model.TokenCountEstimator;
import dev.sampo.text.GenerationRequest;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.chat.ChatPrompt;
import dev.sampo.tokenizer.chat.ChatTemplate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts tokens with a model's own tokenizer; messages as its chat template writes them, or as their text where it has none. */
public final class SampoTokenCountEstimator implements TokenCountEstimator {
  private final Tokenizer tokenizer;
  private final @Nullable ChatTemplate template;

  /** An estimator for the models that use this tokenizer. */
  public SampoTokenCountEstimator(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.template = tokenizer.chatTemplate();
  }

  @Override
  public int estimateTokenCountInText(String text) {
    return tokenizer.encodeToIds(text, false).length;
  }

  @Override
  public int estimateTokenCountInMessage(ChatMessage message) {
    return estimateTokenCountInMessages(List.of(message));
  }

  @Override
  public int estimateTokenCountInMessages(Iterable<ChatMessage> messages) {
    List<ChatMessage> list = new ArrayList<>();
    messages.forEach(list::add);
    List<dev.sampo.tokenizer.chat.ChatMessage> ours = Messages.of(list);
    if (template == null) {
      return ours.stream()
          .mapToInt(m -> m.content() == null ? 0 : estimateTokenCountInText(m.content()))
          .sum();
    }
    ChatPrompt prompt = GenerationRequest.builder().messages(ours).build().chat();
    return prompt == null ? 0 : estimateTokenCountInText(prompt.render(template));
  }
}
