package dev.sampo.picture;

import dev.sampo.Progress;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which pictures go through a net, and in which tiles. Immutable. */
public final class ImageToImageRequest {
  private final PictureBatch pictures;
  private final @Nullable Tiling tiling;
  private final Progress<Progress.Count> progress;
  private final CancellationToken cancellation;

  private ImageToImageRequest(Builder b) {
    pictures = b.pictures;
    tiling = b.tiling;
    progress = b.progress;
    cancellation = b.cancellation;
  }

  /** These pictures, whole where the graph allows it. */
  public static Builder builder(PictureBatch pictures) {
    return new Builder(pictures);
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    return builder(pictures).tiling(tiling).progress(progress).cancellation(cancellation);
  }

  /** See {@link #builder}. */
  public PictureBatch pictures() {
    return pictures;
  }

  /** See {@link Builder#tiling}. */
  public @Nullable Tiling tiling() {
    return tiling;
  }

  /** See {@link Builder#progress}. */
  public Progress<Progress.Count> progress() {
    return progress;
  }

  /** See {@link Builder#cancellation}. */
  public CancellationToken cancellation() {
    return cancellation;
  }

  Watch watch() {
    return new Watch(progress, cancellation);
  }

  /** Builds an {@link ImageToImageRequest}; the defaults are here. */
  public static final class Builder {
    private final PictureBatch pictures;
    private @Nullable Tiling tiling;
    private Progress<Progress.Count> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder(PictureBatch pictures) {
      this.pictures = Objects.requireNonNull(pictures);
    }

    /** Tiles; null (the default) for {@link ImageToImagePipeline#tiling tiling(0)}: whole where the graph allows it. */
    public Builder tiling(@Nullable Tiling value) {
      tiling = value;
      return this;
    }

    /** Told how many tiles are done. */
    public Builder progress(Progress<Progress.Count> value) {
      progress = Objects.requireNonNull(value);
      return this;
    }

    /** Gives the work up from another thread. */
    public Builder cancellation(CancellationToken value) {
      cancellation = Objects.requireNonNull(value);
      return this;
    }

    /** The request. */
    public ImageToImageRequest build() {
      return new ImageToImageRequest(this);
    }
  }
}
