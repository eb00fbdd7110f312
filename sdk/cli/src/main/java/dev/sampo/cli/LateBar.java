package dev.sampo.cli;

import dev.sampo.Progress;
import org.jspecify.annotations.Nullable;

/** A progress bar that learns from the work how long it is. */
final class LateBar implements Progress<Progress.Count>, AutoCloseable {
  private final Console console;
  private final String task;
  private Console.@Nullable Progress bar;

  LateBar(Console console, String task) {
    this.console = console;
    this.task = task;
  }

  @Override
  public void onStep(Progress.Count step) {
    if (bar == null) {
      bar = console.progress(task, step.total());
    }
    bar.stepTo(step.done());
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
