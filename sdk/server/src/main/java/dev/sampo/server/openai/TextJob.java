package dev.sampo.server.openai;

import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.server.ServerConfig;
import dev.sampo.server.http.HttpCall;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.batch.QueueFullException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The texts of one request, from handing them in to the last token. Belongs to the thread that answers. */
final class TextJob {
  /** How often it is looked whether the client is still there. */
  private static final int LOOK_MILLIS = 100;

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS);

  private final TextHost host;
  private final Metrics metrics;
  private final List<Choice> choices = new ArrayList<>();
  private final LinkedBlockingQueue<Choice.Event> events = new LinkedBlockingQueue<>();
  private final CancellationToken token;
  private final long begin = System.nanoTime();
  private boolean first = true;

  /** Who hears of the pieces. */
  interface Listener {
    void piece(Choice choice, Choice.Piece piece) throws IOException;

    void ended(Choice choice) throws IOException;

    /** No token came for a while. */
    void waiting() throws IOException;
  }

  TextJob(TextHost host, Metrics metrics, CancellationToken token) {
    this.host = host;
    this.metrics = metrics;
    this.token = token;
  }

  /**
   * The settings with the number of tokens that there is room for.
   *
   * @throws ApiException if the prompt leaves none
   */
  static GenerationConfig fitted(
      TextHost host, TextSettings settings, ServerConfig server, int promptTokens) {
    int positions = host.positions();
    boolean apart = host.generator().isEncoderDecoder();
    int most = Math.min(apart ? positions : positions - 1, server.maxPromptTokens());
    if (promptTokens > most) {
      throw ApiException.badRequest(
          settings.chat() ? "messages" : "prompt",
          "context_length_exceeded",
          "This model takes prompts of at most "
              + most
              + " tokens. Your "
              + (settings.chat() ? "messages" : "prompt")
              + " resulted in "
              + promptTokens
              + " tokens. Make it shorter.");
    }
    int room = apart ? positions : positions - promptTokens;
    Integer wanted = settings.maxTokens();
    int tokens = wanted == null ? server.maxCompletionTokens() : wanted;
    return settings.config().toBuilder().maxNewTokens(Math.min(room, tokens)).build();
  }

  /** Adds a text to be written. */
  void add(GenerationRequest.Builder request, TextSettings settings) {
    choices.add(
        new Choice(choices.size(), request, settings, host.tokenizer(), token, events::add));
  }

  List<Choice> choices() {
    return choices;
  }

  /**
   * Hands all of them in.
   *
   * @throws ApiException if they do not fit in the queue
   */
  void submit() {
    try {
      for (Choice choice : choices) {
        CompletableFuture<GenerationResult> unused =
            host.scheduler()
                .submit(choice.request())
                .result()
                .whenComplete(
                    (result, failure) ->
                        events.add(new Choice.Event(choice, null, null, result, failure)));
      }
    } catch (QueueFullException e) {
      token.cancel();
      throw Busy.queueFull(e.queued());
    } catch (RuntimeException e) {
      token.cancel();
      throw e;
    }
  }

  /**
   * Waits for them.
   *
   * @throws GoneException if the client went away
   * @throws ApiException if it takes too long, or generating failed
   */
  void await(HttpCall call, Deadline deadline, Listener listener) throws IOException {
    boolean whole = false;
    try {
      int open = choices.size();
      long looked = System.nanoTime();
      while (open > 0) {
        Choice.Event event = next();
        if (event == null || System.nanoTime() - looked > LOOK_NANOS) {
          looked = System.nanoTime();
          if (call.gone()) {
            throw new GoneException();
          }
          deadline.check();
        }
        if (event == null) {
          listener.waiting();
        } else if (event.step() != null) {
          heard(event, listener);
        } else {
          ended(event, listener);
          open--;
        }
      }
      whole = true;
    } finally {
      if (!whole) {
        token.cancel();
      }
      count();
    }
  }

  private Choice.@Nullable Event next() {
    try {
      return events.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ApiException.stopping();
    }
  }

  private void heard(Choice.Event event, Listener listener) throws IOException {
    if (first) {
      first = false;
      metrics.firstToken(host.served().id(), System.nanoTime() - begin);
    }
    Choice.Piece piece = event.choice().take(Objects.requireNonNull(event.step()), event.prob());
    if (!piece.isEmpty()) {
      listener.piece(event.choice(), piece);
    }
  }

  private static void ended(Choice.Event event, Listener listener) throws IOException {
    Throwable failure = event.failure();
    if (failure != null) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      throw cause instanceof RequestException
          ? ApiException.badRequest(null, String.valueOf(cause.getMessage()), cause)
          : Api.toApi(cause);
    }
    GenerationResult result = Objects.requireNonNull(event.result());
    Choice.Piece piece = event.choice().end(result);
    if (!piece.isEmpty()) {
      listener.piece(event.choice(), piece);
    }
    listener.ended(event.choice());
  }

  private void count() {
    long prompt = 0;
    long answer = 0;
    for (Choice choice : choices) {
      prompt += choice.promptTokens();
      answer += choice.completionTokens();
    }
    metrics.tokens(host.served().id(), "prompt", prompt);
    metrics.tokens(host.served().id(), "completion", answer);
  }
}
