package dev.sampo.server.openai;

import dev.sampo.server.ServerConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.util.concurrent.CompletableFuture;

/** What runs the requests of a text model. */
interface TextRuns extends AutoCloseable {
  static TextRuns of(TextGenerator generator, ServerConfig config) {
    return new SequentialRuns(generator, config.maxQueue());
  }

  /**
   * Hands a request in; its token gives it up, and its progress hears of tokens in the thread that generates.
   *
   * @throws ApiException if too many wait
   */
  CompletableFuture<GenerationResult> submit(GenerationRequest request);

  int queued();

  int rows();

  long cacheBytes();

  /** What who starts the server should know; empty for nothing. */
  String remark();

  @Override
  void close();
}
