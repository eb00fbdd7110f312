package dev.sampo.runtime;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Holds something native until its last user has let go. It starts with one user, the owner, who leaves once with {@link #close()}; others
 * come with {@link #retain()} and go with {@link #release()}. The last one to leave frees it. One number holds both the count and, in its
 * lowest bit, whether the owner has left.
 */
final class RefCount {
  private static final int CLOSED = 1;
  private static final int USER = 2;

  private final AtomicInteger state = new AtomicInteger(USER);
  private final Runnable free;

  RefCount(Runnable free) {
    this.free = free;
  }

  /** Joins the users; false if the owner has left. */
  boolean retain() {
    while (true) {
      int s = state.get();
      if (s < USER || (s & CLOSED) != 0) {
        return false;
      }
      if (state.compareAndSet(s, s + USER)) {
        return true;
      }
    }
  }

  /** A user that joined leaves. */
  void release() {
    int left = state.addAndGet(-USER);
    if (left < 0) {
      throw new IllegalStateException("released more often than retained");
    }
    if (left < USER) {
      free.run();
    }
  }

  /** The owner leaves; false if it has left before. */
  boolean close() {
    while (true) {
      int s = state.get();
      if ((s & CLOSED) != 0) {
        return false;
      }
      if (state.compareAndSet(s, s | CLOSED)) {
        release();
        return true;
      }
    }
  }

  boolean isClosed() {
    return (state.get() & CLOSED) != 0;
  }
}
