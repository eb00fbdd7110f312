package dev.sampo.server.openai;

import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One request after the other. */
final class SequentialRuns implements TextRuns {
  private final TextGenerator generator;
  private final ThreadPoolExecutor worker;
  private final int bound;

  SequentialRuns(TextGenerator generator, int bound) {
    this.generator = generator;
    this.bound = bound;
    this.worker =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(bound),
            task -> {
              Thread thread = new Thread(task, "sampo-text");
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public CompletableFuture<GenerationResult> submit(GenerationRequest request) {
    try {
      return CompletableFuture.supplyAsync(
          () -> {
            request.cancellation().throwIfCancelled();
            return generator.generate(request);
          },
          worker);
    } catch (RejectedExecutionException e) {
      throw worker.isShutdown() ? ApiException.stopping() : Busy.queueFull(bound);
    }
  }

  @Override
  public int queued() {
    return worker.getQueue().size();
  }

  @Override
  public int rows() {
    return worker.getActiveCount();
  }

  @Override
  public long cacheBytes() {
    return 0;
  }

  @Override
  public String remark() {
    return "";
  }

  @Override
  public void close() {
    worker.shutdown();
  }
}
