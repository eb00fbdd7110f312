package dev.sampo.springai;

import java.util.function.Function;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;

/** Who makes the calls that a model asks for. In Spring AI 2 it is {@code ChatClient}: an answer is handed on as it is. */
final class ToolRounds {
  private ToolRounds() {}

  /** The answer to a prompt, once no tool is asked for any more. */
  static ChatResponse finished(Prompt prompt, Function<Prompt, ChatResponse> model) {
    return model.apply(prompt);
  }

  /** The same in pieces. */
  static Flux<ChatResponse> streamed(Prompt prompt, Function<Prompt, Flux<ChatResponse>> model) {
    return model.apply(prompt);
  }
}
