package dev.sampo.text.batch;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A queue of tasks and the thread that works on them, which begins with the first. The lock is the lane itself. */
abstract class Lane {
  private final String name;
  private final Deque<Task> waiting = new ArrayDeque<>();
  private @Nullable Thread thread;
  private boolean closing;
  private boolean ended;

  Lane(String name) {
    this.name = name;
  }

  /** Works until {@link #isClosing()} and nothing runs; runs in the lane's thread. */
  abstract void work() throws InterruptedException;

  /** Gives up what runs. */
  abstract void cancelRunning();

  synchronized void add(Task task) {
    if (closing) {
      throw closed();
    }
    task.onCancel(() -> drop(task));
    waiting.add(task);
    if (thread == null) {
      thread = new Thread(this::run, name);
      thread.setDaemon(true);
      thread.start();
    }
    notifyAll();
  }

  static ClosedException closed() {
    return new ClosedException("The scheduler was closed. Make a new one.");
  }

  private void run() {
    try {
      work();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      cancelRunning();
    } finally {
      List<Task> left;
      synchronized (this) {
        closing = true;
        ended = true;
        left = new ArrayList<>(waiting);
        waiting.clear();
        notifyAll();
      }
      for (Task task : left) {
        task.fails(closed());
      }
    }
  }

  /** A waiting task was cancelled: it need not wait for its turn. */
  private void drop(Task task) {
    boolean mine;
    synchronized (this) {
      mine = waiting.remove(task);
    }
    if (mine) {
      task.fails(new CancelledException("Cancelled before it began"));
    }
  }

  /** Gives up what waits and whose request's token was cancelled. */
  void dropCancelled() {
    List<Task> gone = new ArrayList<>();
    synchronized (this) {
      for (Task task : waiting) {
        if (task.isCancelled()) {
          gone.add(task);
        }
      }
    }
    gone.forEach(this::drop);
  }

  synchronized int queued() {
    return waiting.size();
  }

  synchronized boolean isClosing() {
    return closing;
  }

  /** The first that waits; null if none does. */
  synchronized @Nullable Task peek() {
    return waiting.peek();
  }

  /** Takes a task off the queue; false if it has gone from it. */
  synchronized boolean remove(Task task) {
    return waiting.remove(task);
  }

  /** Waits until a task waits or the lane closes. */
  synchronized void awaitWork() throws InterruptedException {
    while (waiting.isEmpty() && !closing) {
      wait();
    }
  }

  /** Refuses more work, and gives up what waits. */
  void close() {
    List<Task> left;
    synchronized (this) {
      closing = true;
      ended |= thread == null;
      left = new ArrayList<>(waiting);
      waiting.clear();
      notifyAll();
    }
    for (Task task : left) {
      task.fails(closed());
    }
  }

  /** Waits for the thread's end; whether it came in time. At once from that thread itself. */
  synchronized boolean awaitEnd(long nanos) throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    while (!ended && Thread.currentThread() != thread) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }
}
