package dev.sampo.text.batch;

import dev.sampo.error.RequestException;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import dev.sampo.text.decoding.RowBatch;
import dev.sampo.text.decoding.RowGroup;
import dev.sampo.text.decoding.RowSource;
import dev.sampo.text.decoding.TextModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Sends requests to the lane that can run them. */
final class BatchScheduler implements GenerationScheduler {
  private final TextGenerator generator;
  private final SchedulerConfig config;
  private final Sharing sharing;
  private final Counts counts = new Counts();
  private final AloneLane alone;
  private final @Nullable RowSource<GenerationRequest, GenerationResult> source;
  private final @Nullable BatchLane together;

  BatchScheduler(TextGenerator generator, SchedulerConfig config) {
    this.generator = generator;
    this.config = config;
    this.alone = new AloneLane(generator);
    this.source = source(generator);
    TextModel model = source == null ? null : source.model();
    this.sharing =
        model == null
            ? new Sharing(false, true, "The generator is none that TextGenerator.open gave.")
            : Probe.of(model, config.exact());
    RowBatch batch = model != null && sharing.together() ? model.newRows() : null;
    this.together =
        model == null || batch == null
            ? null
            : new BatchLane(generator.name(), batch, model.vocabularySize(), config, counts);
  }

  @SuppressWarnings("unchecked") // nobody else implements it, it is not exported
  private static @Nullable RowSource<GenerationRequest, GenerationResult> source(
      TextGenerator generator) {
    return generator instanceof RowSource
        ? (RowSource<GenerationRequest, GenerationResult>) generator
        : null;
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
    return sharing;
  }

  @Override
  public GenerationHandle submit(GenerationRequest request) {
    refuseBeyond(queued()); // before the work of planning it
    Task task = new Task(request, counts);
    BatchLane lane = together;
    RowGroup<GenerationResult> group =
        lane == null ? null : Objects.requireNonNull(source).rows(task.work(), config.maxRows());
    if (lane != null && group != null) {
      checkBytes(lane.bytesOf(group));
      task.group(group);
    }
    synchronized (this) {
      refuseBeyond(queued());
      (lane == null || group == null ? alone : lane).add(task);
    }
    return task;
  }

  private int queued() {
    return alone.queued() + (together == null ? 0 : together.queued());
  }

  private void refuseBeyond(int queued) {
    if (queued >= config.maxQueued()) {
      throw new QueueFullException(queued);
    }
  }

  private void checkBytes(long bytes) {
    if (bytes > config.maxCacheBytes()) {
      throw new RequestException(
          "maxNewTokens",
          "The request may come to "
              + bytes
              + " bytes of keys and values; the scheduler has "
              + config.maxCacheBytes()
              + " (maxCacheBytes). Ask for fewer tokens or sequences.");
    }
  }

  @Override
  public SchedulerGauges gauges() {
    BatchLane lane = together;
    return new SchedulerGauges(
        queued(),
        alone.running() + (lane == null ? 0 : lane.running()),
        lane == null ? 0 : lane.rows(),
        lane == null ? 0 : lane.cacheBytes(),
        counts.steps.sum(),
        counts.tokens.sum(),
        counts.promptTokens.sum(),
        counts.prefixTokens.sum(),
        counts.completed.sum(),
        counts.cancelled.sum(),
        counts.failed.sum());
  }

  private List<Lane> lanes() {
    List<Lane> lanes = new ArrayList<>();
    lanes.add(alone);
    if (together != null) {
      lanes.add(together);
    }
    return lanes;
  }

  @Override
  public boolean close(Duration limit) {
    List<Lane> lanes = lanes();
    lanes.forEach(Lane::close);
    long deadline = System.nanoTime() + limit.toNanos();
    boolean inTime = true;
    try {
      for (Lane lane : lanes) {
        inTime &= lane.awaitEnd(deadline - System.nanoTime());
      }
      if (!inTime) {
        lanes.forEach(Lane::cancelRunning);
        for (Lane lane : lanes) {
          lane.awaitEnd(Long.MAX_VALUE / 2);
        }
      }
    } catch (InterruptedException e) {
      lanes.forEach(Lane::cancelRunning);
      Thread.currentThread().interrupt();
    }
    return inTime;
  }

  @Override
  public void close() {
    boolean ignored = close(Duration.ZERO);
  }

  @Override
  public String toString() {
    return "GenerationScheduler of " + generator + ", " + gauges();
  }
}
