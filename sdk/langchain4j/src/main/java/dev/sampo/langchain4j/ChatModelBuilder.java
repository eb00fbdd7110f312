package dev.sampo.langchain4j;

import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.text.TextGenerator;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What both chat models are made of.
 *
 * @param <B> the builder's own type
 */
public abstract class ChatModelBuilder<B extends ChatModelBuilder<B>> {
  private @Nullable Path folder;
  private SessionConfig session = SessionConfig.defaults();
  private @Nullable TextGenerator generator;
  private @Nullable Long seed;
  ChatRequestParameters parameters = DefaultChatRequestParameters.EMPTY;
  List<ChatModelListener> listeners = List.of();

  ChatModelBuilder() {}

  @SuppressWarnings("unchecked")
  private B self() {
    return (B) this;
  }

  /** The folder of a model with a chat template; it is opened, and closed with the model. */
  public B model(Path value) {
    folder = value;
    return self();
  }

  /** Threads, devices and so on for {@link #model(Path)}. */
  public B sessionConfig(SessionConfig value) {
    session = value;
    return self();
  }

  /** An open generator, which stays the caller's. */
  public B generator(TextGenerator value) {
    generator = value;
    return self();
  }

  /** Seed of the draws of every request; a fresh one for each where it is left out. */
  public B seed(@Nullable Long value) {
    seed = value;
    return self();
  }

  /** What a request does not set: temperature, topP, topK, penalties, maxOutputTokens, stopSequences, tools, responseFormat. */
  public B defaultRequestParameters(ChatRequestParameters value) {
    parameters = value;
    return self();
  }

  /** Who hears of requests, answers and errors. */
  public B listeners(List<ChatModelListener> value) {
    listeners = List.copyOf(value);
    return self();
  }

  ChatEngine engine() {
    ChatEngine engine = newEngine();
    try {
      engine.requireName(parameters.modelName());
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
    return engine;
  }

  private ChatEngine newEngine() {
    if (generator != null) {
      return new ChatEngine(generator, false, seed);
    }
    if (folder == null) {
      throw new IllegalArgumentException(
          "Give the builder a model: model(Path) or generator(TextGenerator).");
    }
    return new ChatEngine(TextGenerator.open(folder, session), true, seed);
  }
}
