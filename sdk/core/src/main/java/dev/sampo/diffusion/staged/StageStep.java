package dev.sampo.diffusion.staged;

import dev.sampo.Progress;
import dev.sampo.picture.PictureBatch;
import java.util.function.Supplier;

/** Where a request is after a step of one of its stages. */
public final class StageStep implements Progress.Step {
  private final int stage;
  private final long done;
  private final long total;
  private final double timestep;
  private final Supplier<PictureBatch> sample;

  StageStep(int stage, long done, long total, double timestep, Supplier<PictureBatch> sample) {
    this.stage = stage;
    this.done = done;
    this.total = total;
    this.timestep = timestep;
    this.sample = sample;
  }

  /** The stage, from 1. */
  public int stage() {
    return stage;
  }

  /** Steps made, of all stages. */
  @Override
  public long done() {
    return done;
  }

  /** Steps of all stages. */
  @Override
  public long total() {
    return total;
  }

  /** The time of training that the stage's network was asked about. */
  public double timestep() {
    return timestep;
  }

  /** The stage's sample now; a prior's embeddings as [count, width, 1, 1]. */
  public PictureBatch sample() {
    return sample.get();
  }
}
