package dev.sampo.internal;

import dev.sampo.Progress;
import dev.sampo.runtime.CancellationToken;

/** Who watches a piece of work: told how far it is, and able to give it up. */
public final class Watch {
  /** Nobody watches. */
  public static final Watch NONE = new Watch(step -> {}, CancellationToken.none());

  private final Progress<Progress.Count> progress;
  private final CancellationToken token;

  /** The options of a request. */
  public Watch(Progress<Progress.Count> progress, CancellationToken token) {
    this.progress = progress;
    this.token = token;
  }

  /** Tells how far the work is. */
  public void at(long done, long total) {
    progress.onStep(new Progress.Count(done, total));
  }

  /** What gives the work up. */
  public CancellationToken token() {
    return token;
  }

  /** The same, told nothing: for work within the work. */
  public Watch silent() {
    return new Watch(NONE.progress, token);
  }
}
