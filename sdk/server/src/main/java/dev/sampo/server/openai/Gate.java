package dev.sampo.server.openai;

import dev.sampo.server.http.HttpCall;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Lets a few requests of one model work at the same time; the others wait in order, up to a bound. */
final class Gate {
  private static final int LOOK_MILLIS = 200;

  private final Semaphore places;
  private final AtomicInteger waiting = new AtomicInteger();
  private final int mostWaiting;

  Gate(int places, int mostWaiting) {
    this.places = new Semaphore(places, true);
    this.mostWaiting = mostWaiting;
  }

  /** How many wait. */
  int waiting() {
    return waiting.get();
  }

  /**
   * Waits for a place; give it back with {@link #leave}.
   *
   * @throws ApiException if too many wait, or it takes too long
   * @throws GoneException if the client went away
   */
  void enter(HttpCall call, Deadline deadline) {
    if (places.tryAcquire()) {
      return;
    }
    if (waiting.incrementAndGet() > mostWaiting) {
      waiting.decrementAndGet();
      throw Busy.queueFull(mostWaiting);
    }
    try {
      while (!places.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        if (call.gone()) {
          throw new GoneException();
        }
        deadline.check();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ApiException.stopping();
    } finally {
      waiting.decrementAndGet();
    }
  }

  void leave() {
    places.release();
  }
}
