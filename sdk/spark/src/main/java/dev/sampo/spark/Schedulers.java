package dev.sampo.spark;

import dev.sampo.text.TextGenerator;
import dev.sampo.text.batch.GenerationScheduler;
import dev.sampo.text.batch.SchedulerConfig;
import java.util.Deque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * A scheduler for each task that runs, over the one loaded model of the JVM: tasks with cores of their own do not wait for one another. As many
 * are kept as tasks ran at once.
 */
final class Schedulers {
  /** Rows that are handed in before the first of them has to be done; fewer than a scheduler lets wait. */
  static final int AHEAD = 64;

  // Exact: rows that would change one another run one after the other, or a row's text would depend
  // on its partition.
  private static final SchedulerConfig CONFIG =
      SchedulerConfig.builder().maxRows(16).prefixCacheBytes(32L << 20).exact(true).build();

  private static final ConcurrentHashMap<Key, Deque<GenerationScheduler>> IDLE =
      new ConcurrentHashMap<>();

  private record Key(ModelReference model, int threads) {}

  private Schedulers() {}

  /** A scheduler that no other task has. */
  static Lease lease(ModelReference model, int threads) {
    TextGenerator generator = LoadedModels.get(model, TextGenerator.class, threads);
    Deque<GenerationScheduler> idle =
        IDLE.computeIfAbsent(new Key(model, threads), key -> new ConcurrentLinkedDeque<>());
    GenerationScheduler scheduler = idle.poll();
    if (scheduler != null && scheduler.generator() != generator) {
      scheduler.close(); // its model was closed and opened again
      scheduler = null;
    }
    return new Lease(
        scheduler == null ? GenerationScheduler.of(generator, CONFIG) : scheduler, idle);
  }

  /** Closes those that no task has; models are closed after them. */
  static void closeAll() {
    for (Deque<GenerationScheduler> idle : IDLE.values()) {
      for (GenerationScheduler next = idle.poll(); next != null; next = idle.poll()) {
        next.close();
      }
    }
  }

  /** A scheduler for a while. */
  record Lease(GenerationScheduler scheduler, Deque<GenerationScheduler> idle)
      implements AutoCloseable {
    @Override
    public void close() {
      idle.push(scheduler);
    }
  }
}
