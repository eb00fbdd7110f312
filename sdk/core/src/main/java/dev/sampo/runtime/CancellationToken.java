package dev.sampo.runtime;

import dev.sampo.error.CancelledException;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives up work from another thread. Hand the same token to every call of one job; {@link #cancel()} stops the graph that runs just now
 * (between two of its nodes) and makes the next {@link #throwIfCancelled()} throw. Safe for any number of threads; once cancelled it stays so.
 */
public final class CancellationToken {
  private static final CancellationToken NONE = new CancellationToken();

  private final List<Runnable> listeners = new ArrayList<>();
  private volatile boolean cancelled;

  /** A token that nobody has cancelled yet. */
  public CancellationToken() {}

  /** The token of work that cannot be cancelled. */
  public static CancellationToken none() {
    return NONE;
  }

  /**
   * Cancels. A second call does nothing.
   *
   * @throws IllegalStateException on {@link #none()}, which everybody shares
   */
  public void cancel() {
    if (this == NONE) {
      throw new IllegalStateException(
          "CancellationToken.none() cannot be cancelled; make a new CancellationToken()");
    }
    List<Runnable> calls;
    synchronized (listeners) {
      if (cancelled) {
        return;
      }
      cancelled = true;
      calls = new ArrayList<>(listeners);
      listeners.clear();
    }
    for (Runnable call : calls) {
      call.run();
    }
  }

  /** Whether {@link #cancel()} was called. */
  public boolean isCancelled() {
    return cancelled;
  }

  /**
   * Does nothing unless cancelled.
   *
   * @throws CancelledException if cancelled
   */
  public void throwIfCancelled() {
    if (cancelled) {
      throw new CancelledException("Cancelled");
    }
  }

  /** Calls {@code listener} on cancellation, at once if that has happened. */
  void add(Runnable listener) {
    if (this == NONE) {
      return;
    }
    synchronized (listeners) {
      if (!cancelled) {
        listeners.add(listener);
        return;
      }
    }
    listener.run();
  }

  void remove(Runnable listener) {
    if (this == NONE) {
      return;
    }
    synchronized (listeners) {
      listeners.remove(listener);
    }
  }
}
