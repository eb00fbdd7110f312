package dev.sampo.text.batch;

import dev.sampo.error.CancelledException;
import dev.sampo.text.TextGenerator;
import org.jspecify.annotations.Nullable;

/** Requests that cannot share steps, one after the other. */
final class AloneLane extends Lane {
  private final TextGenerator generator;
  private volatile @Nullable Task running;

  AloneLane(TextGenerator generator) {
    super("sampo-alone-" + generator.name());
    this.generator = generator;
  }

  int running() {
    return running == null ? 0 : 1;
  }

  @Override
  void work() throws InterruptedException {
    while (true) {
      awaitWork();
      Task task = peek();
      if (task == null) {
        return; // closing
      }
      running = task;
      if (remove(task)) {
        run(task);
      }
      running = null;
    }
  }

  private void run(Task task) {
    if (task.isCancelled()) {
      task.fails(new CancelledException("Cancelled before it began"));
      return;
    }
    task.begins();
    try {
      task.completes(generator.generate(task.work()));
    } catch (RuntimeException | Error e) {
      task.fails(e);
    }
  }

  @Override
  void cancelRunning() {
    Task task = running;
    if (task != null) {
      task.cancel();
    }
  }
}
