package dev.sampo.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.GrammarException;
import dev.sampo.text.AnswerText;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.batch.GenerationHandle;
import dev.sampo.text.batch.GenerationScheduler;
import dev.sampo.text.batch.QueueFullException;
import dev.sampo.tokenizer.chat.ChatMessage;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the two chat models share: a generator, the scheduler that shares its steps among callers, and LangChain4j's requests made ours. */
final class ChatEngine implements AutoCloseable {
  private final TextGenerator generator;
  private final GenerationScheduler scheduler;
  private final boolean owned;
  private final @Nullable Long seed;

  ChatEngine(TextGenerator generator, boolean owned, @Nullable Long seed) {
    this.generator = generator;
    this.owned = owned;
    this.seed = seed;
    this.scheduler = GenerationScheduler.of(generator);
  }

  /** What was asked for, made ready. */
  record Turn(GenerationRequest request, List<String> stops, boolean mayCall) {}

  Turn turn(ChatRequest chat) {
    ChatRequestParameters parameters = chat.parameters();
    requireName(parameters.modelName());
    GenerationRequest.Builder request =
        GenerationRequest.builder().messages(Messages.of(chat.messages())).seed(seed);
    boolean mayCall =
        !parameters.toolSpecifications().isEmpty() && parameters.toolChoice() != ToolChoice.NONE;
    if (mayCall) {
      request.tools(Messages.tools(parameters.toolSpecifications()));
      request.toolCallRequired(parameters.toolChoice() == ToolChoice.REQUIRED);
    }
    Grammar grammar = grammar(parameters.responseFormat());
    if (grammar != null && mayCall) {
      throw new UnsupportedFeatureException(
          "Tools together with a JSON response format are not supported: the format would forbid the"
              + " calls. Ask for the format in the request that follows the tools' results.");
    }
    List<String> stops = parameters.stopSequences();
    request.grammar(grammar).config(config(parameters));
    return new Turn(request.build(), stops == null ? List.of() : stops, mayCall);
  }

  void requireName(@Nullable String name) {
    if (name != null && !name.equals(generator.name())) {
      throw new UnsupportedFeatureException(
          "The parameter modelName is not supported: this model is "
              + generator.name()
              + " and no other, not "
              + name
              + ".");
    }
  }

  private static GenerationConfig config(ChatRequestParameters p) {
    GenerationConfig.Builder config = GenerationConfig.builder();
    if (p.temperature() != null) {
      // As OpenAI's API has it, 0 stands for the likeliest token; a model's own setting of
      // do_sample goes where none is given.
      config.doSample(p.temperature() > 0);
      if (p.temperature() > 0) {
        config.temperature(p.temperature());
      }
    }
    if (p.topP() != null) {
      config.topP(p.topP());
    }
    if (p.topK() != null) {
      config.topK(p.topK());
    }
    if (p.frequencyPenalty() != null) {
      config.frequencyPenalty(p.frequencyPenalty());
    }
    if (p.presencePenalty() != null) {
      config.presencePenalty(p.presencePenalty());
    }
    if (p.maxOutputTokens() != null) {
      config.maxNewTokens(p.maxOutputTokens());
    }
    if (p.stopSequences() != null && !p.stopSequences().isEmpty()) {
      config.stopStrings(p.stopSequences().toArray(new String[0]));
    }
    return config.build();
  }

  private static @Nullable Grammar grammar(@Nullable ResponseFormat format) {
    if (format == null || format.type() != ResponseFormatType.JSON) {
      return null;
    }
    try {
      return format.jsonSchema() == null
          ? Grammar.jsonSchema("{\"type\": \"object\"}")
          : Grammar.jsonSchema(Messages.schema(format.jsonSchema().rootElement()));
    } catch (GrammarException e) {
      throw new UnsupportedFeatureException(
          "The JSON schema cannot be guaranteed: " + e.getMessage());
    }
  }

  GenerationHandle submit(Turn turn) {
    try {
      return scheduler.submit(turn.request());
    } catch (RuntimeException e) {
      throw translated(e);
    }
  }

  ChatResponse answer(Turn turn) {
    GenerationHandle handle = submit(turn);
    GenerationResult result;
    try {
      result = handle.join();
    } catch (RuntimeException e) {
      throw translated(e);
    }
    AnswerText answer = new AnswerText(turn.stops(), turn.mayCall(), text -> {}, thought -> {});
    answer.add(result.text());
    return response(turn, result, answer);
  }

  /** The whole answer once nothing more comes. */
  ChatResponse response(Turn turn, GenerationResult result, AnswerText answer) {
    ChatMessage message = result.message();
    List<ToolExecutionRequest> calls =
        turn.mayCall() ? Messages.calls(message.toolCalls()) : List.of();
    answer.end(calls.isEmpty());
    AiMessage.Builder ai = AiMessage.builder().thinking(answer.thinking());
    if (!answer.text().isEmpty() || calls.isEmpty()) {
      ai.text(answer.text());
    }
    if (!calls.isEmpty()) {
      ai.toolExecutionRequests(calls);
    }
    int input = result.prompts().get(0).ids().size();
    return ChatResponse.builder()
        .aiMessage(ai.build())
        .metadata(
            ChatResponseMetadata.builder()
                .id("sampo-" + UUID.randomUUID())
                .modelName(generator.name())
                .tokenUsage(new TokenUsage(input, result.tokenCount()))
                .finishReason(reason(result, !calls.isEmpty()))
                .build())
        .build();
  }

  private static FinishReason reason(GenerationResult result, boolean calls) {
    if (calls) {
      return FinishReason.TOOL_EXECUTION;
    }
    return switch (result.sequence().finishReason()) {
      case EOS, STOP -> FinishReason.STOP;
      case LENGTH -> FinishReason.LENGTH;
      case CANCELLED -> FinishReason.OTHER;
    };
  }

  /** Our errors as LangChain4j names them, so that its retries and fallbacks know them. */
  static RuntimeException translated(Throwable error) {
    if (error instanceof QueueFullException) {
      return new RateLimitException(error);
    }
    if (error instanceof RequestException) {
      return new InvalidRequestException(error.getMessage(), error);
    }
    return error instanceof RuntimeException runtime ? runtime : new IllegalStateException(error);
  }

  @Override
  public void close() {
    scheduler.close();
    if (owned) {
      generator.close();
    }
  }
}
