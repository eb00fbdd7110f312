package dev.sampo.springai;

import java.util.function.Function;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.DefaultToolExecutionEligibilityPredicate;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.model.tool.ToolExecutionEligibilityPredicate;
import org.springframework.ai.model.tool.ToolExecutionResult;
import reactor.core.publisher.Flux;

/**
 * Who makes the calls that a model asks for. In Spring AI 1 it is the chat model itself, unless the options say otherwise ({@code
 * internalToolExecutionEnabled}): the tools run, their results join the conversation, and the model is asked again.
 */
final class ToolRounds {
  private static final ToolExecutionEligibilityPredicate WANTED =
      new DefaultToolExecutionEligibilityPredicate();
  private static final ToolCallingManager MANAGER = ToolCallingManager.builder().build();

  private ToolRounds() {}

  /** The answer to a prompt, once no tool is asked for any more. */
  static ChatResponse finished(Prompt prompt, Function<Prompt, ChatResponse> model) {
    Prompt now = prompt;
    while (true) {
      ChatResponse response = model.apply(now);
      if (!asks(now, response)) {
        return response;
      }
      ToolExecutionResult made = MANAGER.executeToolCalls(now, response);
      if (made.returnDirect()) {
        return direct(response, made);
      }
      now = new Prompt(made.conversationHistory(), now.getOptions());
    }
  }

  /** The same in pieces. */
  static Flux<ChatResponse> streamed(Prompt prompt, Function<Prompt, Flux<ChatResponse>> model) {
    return model
        .apply(prompt)
        .concatMap(
            response -> {
              if (!asks(prompt, response)) {
                return Flux.just(response);
              }
              ToolExecutionResult made = MANAGER.executeToolCalls(prompt, response);
              return made.returnDirect()
                  ? Flux.just(direct(response, made))
                  : streamed(new Prompt(made.conversationHistory(), prompt.getOptions()), model);
            });
  }

  private static boolean asks(Prompt prompt, ChatResponse response) {
    return prompt.getOptions() != null && WANTED.test(prompt.getOptions(), response);
  }

  private static ChatResponse direct(ChatResponse response, ToolExecutionResult made) {
    return ChatResponse.builder()
        .from(response)
        .generations(ToolExecutionResult.buildGenerations(made))
        .build();
  }
}
