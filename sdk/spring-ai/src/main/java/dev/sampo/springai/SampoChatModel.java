package dev.sampo.springai;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.GrammarException;
import dev.sampo.text.AnswerText;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.TokenStep;
import dev.sampo.text.batch.GenerationHandle;
import dev.sampo.text.batch.GenerationScheduler;
import dev.sampo.text.batch.SchedulerGauges;
import dev.sampo.tokenizer.chat.ToolCall;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.observation.ChatModelObservationDocumentation;
import org.springframework.ai.chat.observation.DefaultChatModelObservationConvention;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.scheduler.Schedulers;

/**
 * A chat model in this process. Callers in several threads share its steps ({@link GenerationScheduler}).
 *
 * <p>Options of a call go over the defaults one by one. Tools of {@link ToolCallingChatOptions} go through the model's own chat template; their calls
 * come back in the answer, for {@code ChatClient} to make (in Spring AI 1 this model makes them). An output schema ({@link StructuredOutputChatOptions}) is kept by a grammar. Temperature 0
 * is the likeliest token; without a temperature the model's own settings hold. Stop sequences are no part of the text, streamed or not; giving up a
 * subscription ends its generation within one step.
 *
 * <p>A bad request is a {@link RequestException}. The generator stays the caller's; closing this gives up what runs.
 */
public final class SampoChatModel implements ChatModel, AutoCloseable {
  private static final String PROVIDER = "sampo";

  private final TextGenerator generator;
  private final GenerationScheduler scheduler;
  private final ChatOptions defaults;
  private final ObservationRegistry observations;
  private volatile boolean closed;

  /** A model with its folder's own settings. */
  public SampoChatModel(TextGenerator generator) {
    this(generator, ToolCallingChatOptions.builder().build(), ObservationRegistry.NOOP);
  }

  /**
   * A model.
   *
   * @param defaults what a call does not set; {@code ChatClient} hands tools in only where these are {@link ToolCallingChatOptions}
   * @param observations who hears of each call, by Spring AI's conventions
   */
  public SampoChatModel(
      TextGenerator generator, ChatOptions defaults, ObservationRegistry observations) {
    this.generator = generator;
    this.scheduler = GenerationScheduler.of(generator);
    this.defaults = defaults;
    this.observations = observations;
  }

  @Override
  public ChatResponse call(Prompt prompt) {
    return ToolRounds.finished(withOptions(prompt), this::answer);
  }

  private Prompt withOptions(Prompt prompt) {
    return prompt.getOptions() == null ? new Prompt(prompt.getInstructions(), defaults) : prompt;
  }

  private ChatResponse answer(Prompt prompt) {
    Turn turn = turn(prompt);
    ChatModelObservationContext context = context(prompt);
    return observation(context)
        .observe(
            () -> {
              GenerationResult result = scheduler.submit(turn.request).join();
              AnswerText answer = new AnswerText(turn.stops, turn.mayCall, t -> {}, t -> {});
              answer.add(result.text());
              answer.end(result.message().toolCalls().isEmpty());
              ChatResponse response = response(result, answer, answer.text());
              context.setResponse(response);
              return response;
            });
  }

  @Override
  public Flux<ChatResponse> stream(Prompt prompt) {
    return ToolRounds.streamed(withOptions(prompt), this::pieces);
  }

  private Flux<ChatResponse> pieces(Prompt prompt) {
    return Flux.<ChatResponse>create(sink -> tell(prompt, sink))
        .subscribeOn(Schedulers.boundedElastic());
  }

  private void tell(Prompt prompt, FluxSink<ChatResponse> sink) {
    ChatModelObservationContext context = context(prompt);
    Observation observation = observation(context).start();
    try {
      Turn turn = turn(prompt);
      GenerationHandle handle = scheduler.submit(turn.request);
      sink.onDispose(handle::cancel);
      AnswerText answer =
          new AnswerText(turn.stops, turn.mayCall, text -> sink.next(piece(text)), thought -> {});
      Iterator<TokenStep> steps = handle.tokens();
      while (steps.hasNext() && !sink.isCancelled()) {
        answer.add(steps.next().text());
      }
      GenerationResult result = handle.join();
      answer.end(result.message().toolCalls().isEmpty());
      // The last has no text of its own, but calls, usage and the reason of the end.
      sink.next(response(result, answer, ""));
      context.setResponse(response(result, answer, answer.text()));
      sink.complete();
    } catch (RuntimeException e) {
      observation.error(e);
      if (!sink.isCancelled()) {
        sink.error(e);
      }
    } finally {
      observation.stop();
    }
  }

  private record Turn(GenerationRequest request, List<String> stops, boolean mayCall) {}

  private Turn turn(Prompt prompt) {
    ChatOptions given = prompt.getOptions();
    GenerationRequest.Builder request =
        GenerationRequest.builder().messages(Messages.of(prompt.getInstructions()));
    List<ToolCallback> tools = tools(given);
    if (!tools.isEmpty()) {
      request.tools(Messages.tools(tools));
    }
    String schema = given instanceof StructuredOutputChatOptions s ? s.getOutputSchema() : null;
    if (schema != null) {
      if (!tools.isEmpty()) {
        throw new RequestException(
            "outputSchema",
            "Tools together with an output schema cannot be kept: the schema would forbid the calls."
                + " Ask for it in the request that follows the tools' results.");
      }
      request.grammar(grammar(schema));
    }
    List<String> stops = first(given.getStopSequences(), defaults.getStopSequences());
    request.config(config(given, stops));
    return new Turn(request.build(), stops == null ? List.of() : stops, !tools.isEmpty());
  }

  private static Grammar grammar(String schema) {
    try {
      return Grammar.jsonSchema(schema);
    } catch (GrammarException e) {
      throw new RequestException(
          "outputSchema", "The output schema cannot be guaranteed: " + e.getMessage(), e);
    }
  }

  private List<ToolCallback> tools(ChatOptions given) {
    List<ToolCallback> tools =
        given instanceof ToolCallingChatOptions options ? options.getToolCallbacks() : null;
    if ((tools == null || tools.isEmpty()) && defaults instanceof ToolCallingChatOptions options) {
      tools = options.getToolCallbacks();
    }
    return tools == null ? List.of() : tools;
  }

  private GenerationConfig config(ChatOptions given, @Nullable List<String> stops) {
    GenerationConfig.Builder config = GenerationConfig.builder();
    Double temperature = first(given.getTemperature(), defaults.getTemperature());
    if (temperature != null) {
      config.doSample(temperature > 0);
      if (temperature > 0) {
        config.temperature(temperature);
      }
    }
    Double topP = first(given.getTopP(), defaults.getTopP());
    if (topP != null) {
      config.topP(topP);
    }
    Integer topK = first(given.getTopK(), defaults.getTopK());
    if (topK != null) {
      config.topK(topK);
    }
    Double frequency = first(given.getFrequencyPenalty(), defaults.getFrequencyPenalty());
    if (frequency != null) {
      config.frequencyPenalty(frequency);
    }
    Double presence = first(given.getPresencePenalty(), defaults.getPresencePenalty());
    if (presence != null) {
      config.presencePenalty(presence);
    }
    Integer most = first(given.getMaxTokens(), defaults.getMaxTokens());
    if (most != null) {
      config.maxNewTokens(most);
    }
    if (stops != null && !stops.isEmpty()) {
      config.stopStrings(stops.toArray(new String[0]));
    }
    return config.build();
  }

  private static <T> @Nullable T first(@Nullable T given, @Nullable T otherwise) {
    return given == null ? otherwise : given;
  }

  private static ChatResponse piece(String text) {
    return new ChatResponse(List.of(new Generation(new AssistantMessage(text))));
  }

  private ChatResponse response(GenerationResult result, AnswerText answer, String text) {
    List<AssistantMessage.ToolCall> calls = new ArrayList<>();
    for (ToolCall call : result.message().toolCalls()) {
      String id = "call_" + UUID.randomUUID().toString().replace("-", "").substring(0, 16);
      calls.add(new AssistantMessage.ToolCall(id, "function", call.name(), call.argumentsJson()));
    }
    AssistantMessage message =
        calls.isEmpty()
            ? new AssistantMessage(text)
            : AssistantMessage.builder().content(text).toolCalls(calls).build();
    ChatGenerationMetadata.Builder metadata =
        ChatGenerationMetadata.builder().finishReason(reason(result, calls));
    if (answer.thinking() != null) {
      metadata.metadata("thinking", answer.thinking());
    }
    int prompt = result.prompts().get(0).ids().size();
    return new ChatResponse(
        List.of(new Generation(message, metadata.build())),
        ChatResponseMetadata.builder()
            .id("sampo-" + UUID.randomUUID())
            .model(generator.name())
            .usage(new DefaultUsage(prompt, result.tokenCount()))
            .build());
  }

  private static String reason(GenerationResult result, List<AssistantMessage.ToolCall> calls) {
    if (!calls.isEmpty()) {
      return "TOOL_CALLS";
    }
    return switch (result.sequence().finishReason()) {
      case EOS, STOP -> "STOP";
      case LENGTH -> "LENGTH";
      case CANCELLED -> "CANCELLED";
    };
  }

  private ChatModelObservationContext context(Prompt prompt) {
    return ChatModelObservationContext.builder().prompt(prompt).provider(PROVIDER).build();
  }

  private Observation observation(ChatModelObservationContext context) {
    return ChatModelObservationDocumentation.CHAT_MODEL_OPERATION.observation(
        null, new DefaultChatModelObservationConvention(), () -> context, observations);
  }

  /** What a call does not set; Spring AI 2 asks for it by this name. */
  public ChatOptions getOptions() {
    return defaults;
  }

  /** What a call does not set; Spring AI 1.1 asks for it by this name. */
  @Override
  @SuppressWarnings({"removal", "deprecation"})
  public ChatOptions getDefaultOptions() {
    return defaults;
  }

  String name() {
    return generator.name();
  }

  boolean isClosed() {
    return closed;
  }

  SchedulerGauges gauges() {
    return scheduler.gauges();
  }

  @Override
  public void close() {
    closed = true;
    scheduler.close();
  }
}
