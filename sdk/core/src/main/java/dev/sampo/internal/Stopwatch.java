package dev.sampo.internal;

import dev.sampo.Timings;
import dev.sampo.runtime.RunTime;

/** Takes the times of one request, which is worked on by the thread that makes this. */
public final class Stopwatch {
  private final double loadMillis;
  private final long start = System.nanoTime();
  private final long modelStart = RunTime.nanos();
  private long loopStart = start;
  private long loopEnd = start;
  private long steps;

  /**
   * Starts.
   *
   * @param loadMillis what opening the model took
   */
  public Stopwatch(double loadMillis) {
    this.loadMillis = loadMillis;
  }

  /** All is ready: the steps begin. */
  public void loopBegins() {
    loopStart = System.nanoTime();
  }

  /** The steps are done. */
  public void loopEnds(long stepCount) {
    loopEnd = System.nanoTime();
    steps = stepCount;
  }

  /** What was measured, up to now. */
  public Timings timings() {
    return new Timings(
        loadMillis,
        (loopStart - start) / 1e6,
        Math.max(0, loopEnd - loopStart) / 1e6,
        (RunTime.nanos() - modelStart) / 1e6,
        (System.nanoTime() - start) / 1e6,
        steps);
  }
}
