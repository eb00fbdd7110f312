package dev.sampo.examples.android;

import dev.sampo.error.CancelledException;
import dev.sampo.runtime.CancellationToken;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One job at a time on a thread of its own, its news on the main thread. What the jobs open belongs to that thread, and is closed there.
 *
 * <p>All methods but {@link #post} are called on the main thread.
 */
final class Worker {
  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

  /** Work for the background. */
  @FunctionalInterface
  interface Job {
    /** Works until done, or until the token is cancelled. */
    void run(CancellationToken token) throws Exception;
  }

  /** Hears of a job, on the main thread. */
  interface Listener {
    /** A job began or ended. */
    void onRunning(boolean running);

    /** The job failed; what to show. */
    void onError(String message);
  }

  private final ExecutorService thread;
  private final Executor main;
  private CancellationToken token = new CancellationToken();
  private boolean running;
  private volatile boolean closed;

  /**
   * @param name of the thread
   * @param main runs on the main thread, later
   */
  Worker(String name, Executor main) {
    this.main = main;
    thread = Executors.newSingleThreadExecutor(job -> new Thread(job, name));
  }

  /** Begins a job; false if one is running, or after {@link #close}. */
  boolean start(Job job, Listener listener) {
    if (running || closed) {
      return false;
    }
    running = true;
    token = new CancellationToken();
    CancellationToken own = token;
    listener.onRunning(true);
    thread.execute(
        () -> {
          String error = attempt(job, own);
          post(
              () -> {
                running = false;
                listener.onRunning(false);
                if (error != null) {
                  listener.onError(error);
                }
              });
        });
    return true;
  }

  private static @Nullable String attempt(Job job, CancellationToken token) {
    try {
      job.run(token);
      return null;
    } catch (CancelledException e) {
      return null;
    } catch (Exception | OutOfMemoryError | LinkageError e) {
      // LinkageError: the APK has no native library for this processor.
      LOG.warn("A job failed", e);
      String message = e.getMessage();
      return message == null ? e.getClass().getSimpleName() : message;
    }
  }

  /** Asks the running job to stop. */
  void stop() {
    token.cancel();
  }

  /** Runs something on the main thread, from any thread; nothing after {@link #close}. */
  void post(Runnable news) {
    main.execute(
        () -> {
          if (!closed) {
            news.run();
          }
        });
  }

  /**
   * Stops the running job, and after it closes what the jobs have opened. Does not wait: the main thread must not. No news come after this.
   *
   * @param cleanUp closes what the jobs have opened; runs on the worker's thread
   */
  void close(Runnable cleanUp) {
    if (closed) {
      return;
    }
    closed = true;
    token.cancel();
    thread.execute(cleanUp);
    thread.shutdown();
  }

  /** Waits for the end after {@link #close}. */
  boolean awaitEnd(long timeout, TimeUnit unit) throws InterruptedException {
    return thread.awaitTermination(timeout, unit);
  }
}
