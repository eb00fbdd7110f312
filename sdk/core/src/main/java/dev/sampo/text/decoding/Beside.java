package dev.sampo.text.decoding;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Something that is read in a thread of its own while the caller does other work. */
public final class Beside<T> {
  private final FutureTask<T> task;

  private Beside(FutureTask<T> task) {
    this.task = task;
  }

  /** Starts reading. */
  public static <T> Beside<T> read(String name, Callable<T> reader) {
    FutureTask<T> task = new FutureTask<>(reader);
    Thread thread = new Thread(task, "sampo-" + name);
    thread.setDaemon(true);
    thread.start();
    return new Beside<>(task);
  }

  /** What was read, or what reading threw; waits for the end, also where the thread is interrupted, which it then is afterwards. */
  public T get() {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof RuntimeException) {
        throw (RuntimeException) cause;
      }
      if (cause instanceof Error) {
        throw (Error) cause;
      }
      throw new IllegalStateException(cause);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
