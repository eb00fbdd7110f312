package dev.sampo.diffusion;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.picture.PictureBatch;
import java.util.function.Supplier;

/** Where a run is after a model call. What it offers is copied when asked for, so a listener that only counts costs nothing. */
public final class DiffusionStep implements Progress.Step {
  private final int done;
  private final int total;
  private final double timestep;
  private final Supplier<PictureBatch> sample;
  private final Supplier<PictureBatch> preview;
  private final Supplier<DiffusionState> state;

  DiffusionStep(
      int done,
      int total,
      double timestep,
      Supplier<PictureBatch> sample,
      Supplier<PictureBatch> preview,
      Supplier<DiffusionState> state) {
    this.done = done;
    this.total = total;
    this.timestep = timestep;
    this.sample = sample;
    this.preview = preview;
    this.state = state;
  }

  /** Model calls made. */
  @Override
  public long done() {
    return done;
  }

  /** Model calls in all. */
  @Override
  public long total() {
    return total;
  }

  /** The time of training that the model was asked about. */
  public double timestep() {
    return timestep;
  }

  /** The sample now, noise and all. */
  public PictureBatch sample() {
    return sample.get();
  }

  /** The clean sample as the model sees it at this step: decode it for a preview. */
  public PictureBatch preview() {
    return preview.get();
  }

  /**
   * Everything needed to go on later from here: give it to the same request's {@link DiffusionRequest.Builder#resume} and the same
   * picture comes out.
   *
   * @throws RequestException if the noise comes from a source of the caller's, whose state is not known
   */
  public DiffusionState state() {
    return state.get();
  }
}
