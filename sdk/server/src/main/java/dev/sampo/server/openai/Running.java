package dev.sampo.server.openai;

import dev.sampo.runtime.CancellationToken;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The requests under way: so that a stop can wait for them, and give them up. */
final class Running {
  private final Set<CancellationToken> tokens = new HashSet<>();
  private int count;
  private boolean draining;
  private boolean closed;

  /** A request came; false if it is to be turned away. */
  synchronized boolean begin() {
    if (draining) {
      return false;
    }
    count++;
    return true;
  }

  synchronized void end() {
    count--;
    notifyAll();
  }

  synchronized int count() {
    return count;
  }

  synchronized boolean draining() {
    return draining;
  }

  /** A token that {@link #close} cancels; give it back with {@link #forget}. */
  synchronized CancellationToken token() {
    CancellationToken token = new CancellationToken();
    if (closed) {
      token.cancel();
    } else {
      tokens.add(token);
    }
    return token;
  }

  synchronized void forget(CancellationToken token) {
    tokens.remove(token);
  }

  /** From now on requests are turned away. */
  synchronized void drain() {
    draining = true;
  }

  /** Waits until none is under way; whether that came in time. */
  synchronized boolean awaitNone(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (count > 0) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  /** Gives all of them up. */
  void close() {
    Set<CancellationToken> all;
    synchronized (this) {
      draining = true;
      closed = true;
      all = new HashSet<>(tokens);
      tokens.clear();
    }
    all.forEach(CancellationToken::cancel);
  }
}
