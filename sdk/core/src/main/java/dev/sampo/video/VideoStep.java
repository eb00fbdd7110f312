package dev.sampo.video;

import dev.sampo.Progress;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import java.util.List;
import java.util.function.Supplier;

/** Where a run is after a step. What it offers is made when asked for. */
public final class VideoStep implements Progress.Step {
  private final long done;
  private final long total;
  private final double timestep;
  private final Supplier<List<PictureBatch>> sample;
  private final Supplier<Pixels> preview;
  private final Supplier<VideoState> state;

  VideoStep(
      long done,
      long total,
      double timestep,
      Supplier<List<PictureBatch>> sample,
      Supplier<Pixels> preview,
      Supplier<VideoState> state) {
    this.done = done;
    this.total = total;
    this.timestep = timestep;
    this.sample = sample;
    this.preview = preview;
    this.state = state;
  }

  @Override
  public long done() {
    return done;
  }

  @Override
  public long total() {
    return total;
  }

  /** The time of training that the model was asked about. */
  public double timestep() {
    return timestep;
  }

  /** The samples now, noise and all: the latent frames of one video a batch. */
  public List<PictureBatch> sample() {
    return sample.get();
  }

  /** The middle frame of the first video as the model sees it at this step; decodes one latent frame. */
  public Pixels preview() {
    return preview.get();
  }

  /** Everything needed to go on later from here, with the same request. */
  public VideoState state() {
    return state.get();
  }
}
