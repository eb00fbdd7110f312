package dev.sampo.langchain4j;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.List;
import java.util.Set;

/**
 * A chat model in this process.
 *
 * <pre>{@code
 * try (SampoChatModel model = SampoChatModel.builder().model(Path.of("models/qwen3-0.6b")).build()) {
 *   System.out.println(model.chat("What is the capital of Germany?"));
 * }
 * }</pre>
 *
 * <p>Tools go through the model's own chat template and are parsed as Hermes', Llama 3's and Mistral's write them; {@code REQUIRED} and JSON schemas are
 * guaranteed by grammars. Callers in several threads share steps ({@link dev.sampo.text.batch.GenerationScheduler}). Temperature 0 is the likeliest
 * token; without a temperature the model's own settings hold. A bad request is an {@code InvalidRequestException}, a full queue a {@code
 * RateLimitException}.
 */
public final class SampoChatModel implements ChatModel, AutoCloseable {
  private final ChatEngine engine;
  private final ChatRequestParameters parameters;
  private final List<ChatModelListener> listeners;

  private SampoChatModel(Builder builder) {
    this.engine = builder.engine();
    this.parameters = builder.parameters;
    this.listeners = builder.listeners;
  }

  /** A builder; it needs a model. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public ChatResponse doChat(ChatRequest request) {
    return engine.answer(engine.turn(request));
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

  @Override
  public void close() {
    engine.close();
  }

  /** Collects what a model is made of. */
  public static final class Builder extends ChatModelBuilder<Builder> {
    Builder() {}

    /**
     * Opens the model if need be.
     *
     * @throws dev.sampo.error.ModelException if the folder holds no model that generates text
     */
    public SampoChatModel build() {
      return new SampoChatModel(this);
    }
  }
}
