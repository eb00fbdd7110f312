package dev.sampo.examples.android;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The thread of the test as the main thread: news wait until it looks after them. */
final class MainThread implements Executor {
  private final LinkedBlockingQueue<Runnable> news = new LinkedBlockingQueue<>();
  private final boolean atOnce;

  MainThread() {
    this(false);
  }

  private MainThread(boolean atOnce) {
    this.atOnce = atOnce;
  }

  /** One whose news are run by whoever brings them, so that a test can act at an exact step; the test's thread only waits. */
  static MainThread atOnce() {
    return new MainThread(true);
  }

  @Override
  public void execute(Runnable item) {
    if (atOnce) {
      item.run();
      news.add(() -> {});
    } else {
      news.add(item);
    }
  }

  /** Runs news as they come until something is so. */
  void until(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      Runnable next = news.poll(120, TimeUnit.SECONDS);
      if (next == null) {
        fail("No news came.");
      }
      next.run();
    }
  }

  /** Runs what waits. */
  void drain() {
    for (Runnable next = news.poll(); next != null; next = news.poll()) {
      next.run();
    }
  }
}
