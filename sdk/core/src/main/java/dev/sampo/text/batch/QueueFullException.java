package dev.sampo.text.batch;

import dev.sampo.error.SampoException;

/** More requests wait than the scheduler takes. Come back later; a server answers 429. */
public class QueueFullException extends SampoException {
  private static final long serialVersionUID = 1;

  private final int queued;

  /** @param queued requests that wait */
  public QueueFullException(int queued) {
    super(
        queued
            + " requests wait already, as many as the scheduler takes (maxQueued). Submit again"
            + " when some have ended.");
    this.queued = queued;
  }

  /** Requests that wait. */
  public int queued() {
    return queued;
  }
}
