package dev.sampo.runtime;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Holds something native until its last user has let go. It starts with one user, the owner, who leaves once with {@link #close()}; others
 * come with {@link #retain()} and go with {@link #release()}. The last one to leave frees it.
 */
final class RefCount {
  private final AtomicInteger users = new AtomicInteger(1);
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Runnable free;

  RefCount(Runnable free) {
    this.free = free;
  }

  /** Joins the users; false if the owner has left. */
  boolean retain() {
    while (true) {
      int n = users.get();
      if (n == 0 || closed.get()) {
        return false;
      }
      if (users.compareAndSet(n, n + 1)) {
        return true;
      }
    }
  }

  /** A user that joined leaves. */
  void release() {
    int left = users.decrementAndGet();
    if (left == 0) {
      free.run();
    } else if (left < 0) {
      throw new IllegalStateException("released more often than retained");
    }
  }

  /** The owner leaves; false if it has left before. */
  boolean close() {
    if (!closed.compareAndSet(false, true)) {
      return false;
    }
    release();
    return true;
  }

  boolean isClosed() {
    return closed.get();
  }
}
