package dev.sampo.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.internal.InternalStreamingChatResponseHandlerUtils;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.sampo.error.CancelledException;
import dev.sampo.text.AnswerText;
import dev.sampo.text.TokenStep;
import dev.sampo.text.batch.GenerationHandle;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A chat model in this process whose answers come piece by piece, as {@link SampoChatModel} otherwise. Each request is told in one thread of its own.
 * Stop strings, and the text of calls of tools, are never told as text. Cancelling the handle of a piece ends the generation within one step, and
 * nothing more is told.
 */
public final class SampoStreamingChatModel implements StreamingChatModel, AutoCloseable {
  private final ChatEngine engine;
  private final ChatRequestParameters parameters;
  private final List<ChatModelListener> listeners;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "sampo-stream");
            thread.setDaemon(true);
            return thread;
          });

  private SampoStreamingChatModel(Builder builder) {
    this.engine = builder.engine();
    this.parameters = builder.parameters;
    this.listeners = builder.listeners;
  }

  /** A builder; it needs a model. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
    ChatEngine.Turn turn = engine.turn(request);
    GenerationHandle generation = engine.submit(turn);
    threads.execute(() -> tell(turn, generation, handler));
  }

  private void tell(
      ChatEngine.Turn turn, GenerationHandle generation, StreamingChatResponseHandler handler) {
    Handle handle = new Handle(generation);
    AnswerText answer =
        new AnswerText(
            turn.stops(),
            turn.mayCall(),
            text -> {
              if (!handle.isCancelled()) {
                InternalStreamingChatResponseHandlerUtils.onPartialResponse(handler, text, handle);
              }
            },
            thought -> {
              if (!handle.isCancelled()) {
                InternalStreamingChatResponseHandlerUtils.onPartialThinking(
                    handler, thought, handle);
              }
            });
    ChatResponse response;
    try {
      Iterator<TokenStep> steps = generation.tokens();
      while (steps.hasNext() && !handle.isCancelled()) {
        answer.add(steps.next().text());
      }
      if (handle.isCancelled()) {
        return;
      }
      response = engine.response(turn, generation.join(), answer);
    } catch (CancelledException e) {
      if (!handle.isCancelled()) {
        fail(handler, e);
      }
      return;
    } catch (RuntimeException e) {
      generation.cancel();
      fail(handler, ChatEngine.translated(e));
      return;
    }
    if (handle.isCancelled()) {
      return;
    }
    List<ToolExecutionRequest> calls = response.aiMessage().toolExecutionRequests();
    for (int i = 0; i < calls.size(); i++) {
      InternalStreamingChatResponseHandlerUtils.onCompleteToolCall(
          handler, new CompleteToolCall(i, calls.get(i)));
    }
    InternalStreamingChatResponseHandlerUtils.onCompleteResponse(handler, response);
  }

  private static void fail(StreamingChatResponseHandler handler, RuntimeException error) {
    InternalStreamingChatResponseHandlerUtils.withLoggingExceptions(() -> handler.onError(error));
  }

  /** What a listener can end the generation with. */
  private static final class Handle implements StreamingHandle {
    private final GenerationHandle generation;
    private volatile boolean cancelled;

    Handle(GenerationHandle generation) {
      this.generation = generation;
    }

    @Override
    public void cancel() {
      cancelled = true;
      generation.cancel();
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }
  }

  @Override
  public ChatRequestParameters defaultRequestParameters() {
    return parameters;
  }

  @Override
  public List<ChatModelListener> listeners() {
    return listeners;
  }

  @Override
  public ModelProvider provider() {
    return ModelProvider.OTHER;
  }

  @Override
  public Set<Capability> supportedCapabilities() {
    return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
  }

  /** Gives up what runs and frees the model. */
  @Override
  public void close() {
    engine.close();
    threads.shutdown();
  }

  /** Collects what a model is made of. */
  public static final class Builder extends ChatModelBuilder<Builder> {
    Builder() {}

    /**
     * Opens the model if need be.
     *
     * @throws dev.sampo.error.ModelException if the folder holds no model that generates text
     */
    public SampoStreamingChatModel build() {
      return new SampoStreamingChatModel(this);
    }
  }
}
