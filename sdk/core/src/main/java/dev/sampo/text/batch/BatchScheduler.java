package dev.sampo.text.batch;

import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.time.Duration;

/** Sends requests to the lane that can run them. */
final class BatchScheduler implements GenerationScheduler {
  private final TextGenerator generator;
  private final SchedulerConfig config;
  private final Counts counts = new Counts();
  private final AloneLane alone;

  BatchScheduler(TextGenerator generator, SchedulerConfig config) {
    this.generator = generator;
    this.config = config;
    this.alone = new AloneLane(generator);
  }

  @Override
  public TextGenerator generator() {
    return generator;
  }

  @Override
  public SchedulerConfig config() {
    return config;
  }

  @Override
  public Sharing sharing() {
    return new Sharing(false, true, "Requests run one by one.");
  }

  @Override
  public GenerationHandle submit(GenerationRequest request) {
    Task task = new Task(request, counts);
    synchronized (this) {
      int queued = alone.queued();
      if (queued >= config.maxQueued()) {
        throw new QueueFullException(queued);
      }
      alone.add(task);
    }
    return task;
  }

  @Override
  public SchedulerGauges gauges() {
    return new SchedulerGauges(
        alone.queued(),
        alone.running(),
        0,
        0,
        counts.steps.sum(),
        counts.tokens.sum(),
        counts.promptTokens.sum(),
        counts.prefixTokens.sum(),
        counts.completed.sum(),
        counts.cancelled.sum(),
        counts.failed.sum());
  }

  @Override
  public boolean close(Duration limit) {
    alone.close();
    boolean inTime = false;
    try {
      inTime = alone.awaitEnd(limit.toNanos());
      if (!inTime) {
        alone.cancelRunning();
        alone.awaitEnd(Long.MAX_VALUE / 2);
      }
    } catch (InterruptedException e) {
      alone.cancelRunning();
      Thread.currentThread().interrupt();
    }
    return inTime;
  }

  @Override
  public void close() {
    boolean ignored = close(Duration.ZERO);
  }
}
