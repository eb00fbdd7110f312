package dev.sampo.video;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is asked of a {@link VideoPipeline}. Immutable; what is null is the model's own. Made by {@link #builder()}. */
public final class VideoRequest {
  private final Builder b;

  private VideoRequest(Builder b) {
    this.b = b;
  }

  /** A request of all defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The same request, to be changed. */
  public Builder toBuilder() {
    return new Builder(b);
  }

  /** Prompts, one for each video. */
  public List<String> prompts() {
    return b.prompts;
  }

  /** What the videos shall not show: none, one, or one for each prompt. */
  public List<String> negativePrompts() {
    return b.negativePrompts;
  }

  /** Classes, one for each video or one for all; empty for all in turn. */
  public int[] classLabels() {
    return b.classLabels.clone();
  }

  /** Videos for each prompt. */
  public int count() {
    return b.count;
  }

  /** The seed; null where it is drawn at random, or where there is one for each video. */
  public @Nullable Long seed() {
    return b.seed;
  }

  /** Seeds, one for each video; empty where there is one for all. */
  public long[] seeds() {
    return b.seeds.clone();
  }

  /** Width in pixels; null for the model's own. */
  public @Nullable Integer widthPx() {
    return b.widthPx;
  }

  /** Height in pixels; null for the model's own. */
  public @Nullable Integer heightPx() {
    return b.heightPx;
  }

  /** Frames; the next lower number that the model can make is taken. Null for its own. */
  public @Nullable Integer numFrames() {
    return b.numFrames;
  }

  /** Frames a second; LTX is told of them. */
  public double frameRate() {
    return b.frameRate;
  }

  /** Denoising steps; null for the model's own. */
  public @Nullable Integer numInferenceSteps() {
    return b.numInferenceSteps;
  }

  /** Classifier-free guidance (Ho and Salimans 2022, arXiv:2207.12598); 1 and below is none, null the model's own. */
  public @Nullable Double guidanceScale() {
    return b.guidanceScale;
  }

  /** Guidance of the second Transformer, for late steps of Wan 2.2; null for the same. */
  public @Nullable Double guidanceScale2() {
    return b.guidanceScale2;
  }

  /** LTX: how much of guided contrast is taken back (Lin et al. 2023, arXiv:2305.08891, section 3.4), 0..1. */
  public double guidanceRescale() {
    return b.guidanceRescale;
  }

  /** Positions of the prompt, padding included; null for the model's own. What is longer is cut. */
  public @Nullable Integer maxSequenceLength() {
    return b.maxSequenceLength;
  }

  /** Another scheduler by its class name; null for the model's. */
  public @Nullable String scheduler() {
    return b.scheduler;
  }

  /** A whole scheduler configuration in place of the model's, or null. */
  public @Nullable SchedulerConfig schedulerConfig() {
    return b.schedulerConfig;
  }

  /** LTX with timestep conditioning: the time that the decoder is told. */
  public double decodeTimestep() {
    return b.decodeTimestep;
  }

  /** LTX with timestep conditioning: the share of noise mixed in before decoding; null for the time. */
  public @Nullable Double decodeNoiseScale() {
    return b.decodeNoiseScale;
  }

  /** Side of the tiles that frames are decoded in, in pixels, 0 for whole; bounds the memory of decoding. */
  public int tilePx() {
    return b.tilePx;
  }

  /** Where to go on: a state of the same request, or null. */
  public @Nullable VideoState resume() {
    return b.resume;
  }

  /** Told after each step. */
  public Progress<VideoStep> progress() {
    return b.progress;
  }

  /** Gives the work up. */
  public CancellationToken cancellation() {
    return b.cancellation;
  }

  /** Collects a request. */
  public static final class Builder {
    private List<String> prompts = Collections.emptyList();
    private List<String> negativePrompts = Collections.emptyList();
    private int[] classLabels = {};
    private int count = 1;
    private @Nullable Long seed;
    private long[] seeds = {};
    private Progress<VideoStep> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();
    private @Nullable Integer widthPx;
    private @Nullable Integer heightPx;
    private @Nullable Integer numFrames;
    private double frameRate = 25;
    private @Nullable Integer numInferenceSteps;
    private @Nullable Double guidanceScale;
    private @Nullable Double guidanceScale2;
    private double guidanceRescale;
    private @Nullable Integer maxSequenceLength;
    private @Nullable String scheduler;
    private @Nullable SchedulerConfig schedulerConfig;
    private double decodeTimestep;
    private @Nullable Double decodeNoiseScale;
    private int tilePx;
    private @Nullable VideoState resume;

    private Builder() {}

    private Builder(Builder b) {
      prompts = b.prompts;
      negativePrompts = b.negativePrompts;
      classLabels = b.classLabels;
      count = b.count;
      seed = b.seed;
      seeds = b.seeds;
      progress = b.progress;
      cancellation = b.cancellation;
      widthPx = b.widthPx;
      heightPx = b.heightPx;
      numFrames = b.numFrames;
      frameRate = b.frameRate;
      numInferenceSteps = b.numInferenceSteps;
      guidanceScale = b.guidanceScale;
      guidanceScale2 = b.guidanceScale2;
      guidanceRescale = b.guidanceRescale;
      maxSequenceLength = b.maxSequenceLength;
      scheduler = b.scheduler;
      schedulerConfig = b.schedulerConfig;
      decodeTimestep = b.decodeTimestep;
      decodeNoiseScale = b.decodeNoiseScale;
      tilePx = b.tilePx;
      resume = b.resume;
    }

    /** What the video shows; several for several videos at once. */
    public Builder prompt(String... values) {
      prompts = Collections.unmodifiableList(new ArrayList<>(Arrays.asList(values)));
      return this;
    }

    /** What the video shall not show: one for all, or one for each prompt. */
    public Builder negativePrompt(String... values) {
      negativePrompts = Collections.unmodifiableList(new ArrayList<>(Arrays.asList(values)));
      return this;
    }

    /** Classes for a model in pixel space: one for all videos, or one for each; left out, video i is of class i modulo their number. */
    public Builder classLabel(int... values) {
      classLabels = values.clone();
      return this;
    }

    /** Videos for each prompt, or in all where there is none; 1 by default. */
    public Builder count(int value) {
      count = value;
      return this;
    }

    /** The seed of all videos together; null (the default) draws one, which the result tells. */
    public Builder seed(@Nullable Long value) {
      seed = value;
      seeds = new long[0];
      return this;
    }

    /** The seed of all videos together. */
    public Builder seed(long value) {
      return seed((Long) value);
    }

    /** A seed for each video. */
    public Builder seeds(long... values) {
      seed = null;
      seeds = values.clone();
      return this;
    }

    /** Size in pixels. */
    public Builder size(@Nullable Integer newWidthPx, @Nullable Integer newHeightPx) {
      widthPx = newWidthPx;
      heightPx = newHeightPx;
      return this;
    }

    /** Frames; the next lower number that the model can make is taken. Null for its own. */
    public Builder numFrames(@Nullable Integer value) {
      numFrames = value;
      return this;
    }

    /** Frames a second; LTX is told of them. */
    public Builder frameRate(double value) {
      frameRate = value;
      return this;
    }

    /** Denoising steps; null for the model's own. */
    public Builder numInferenceSteps(@Nullable Integer value) {
      numInferenceSteps = value;
      return this;
    }

    /** Classifier-free guidance (Ho and Salimans 2022, arXiv:2207.12598); 1 and below is none, null the model's own. */
    public Builder guidanceScale(@Nullable Double value) {
      guidanceScale = value;
      return this;
    }

    /** Guidance of the second Transformer, for late steps of Wan 2.2; null for the same. */
    public Builder guidanceScale2(@Nullable Double value) {
      guidanceScale2 = value;
      return this;
    }

    /** LTX: how much of guided contrast is taken back (Lin et al. 2023, arXiv:2305.08891, section 3.4), 0..1. */
    public Builder guidanceRescale(double value) {
      guidanceRescale = value;
      return this;
    }

    /** Positions of the prompt, padding included; null for the model's own. What is longer is cut. */
    public Builder maxSequenceLength(@Nullable Integer value) {
      maxSequenceLength = value;
      return this;
    }

    /** Another scheduler by its class name; null for the model's. */
    public Builder scheduler(@Nullable String value) {
      scheduler = value;
      return this;
    }

    /** A whole scheduler configuration in place of the model's, or null. */
    public Builder schedulerConfig(@Nullable SchedulerConfig value) {
      schedulerConfig = value;
      return this;
    }

    /** LTX with timestep conditioning: the time that the decoder is told. */
    public Builder decodeTimestep(double value) {
      decodeTimestep = value;
      return this;
    }

    /** LTX with timestep conditioning: the share of noise mixed in before decoding; null for the time. */
    public Builder decodeNoiseScale(@Nullable Double value) {
      decodeNoiseScale = value;
      return this;
    }

    /** Side of the tiles that frames are decoded in, in pixels, 0 for whole; bounds the memory of decoding. */
    public Builder tilePx(int value) {
      tilePx = value;
      return this;
    }

    /** Where to go on: a state of the same request, or null. */
    public Builder resume(@Nullable VideoState value) {
      resume = value;
      return this;
    }

    /** Told after each step, on the thread that generates. */
    public Builder progress(Progress<VideoStep> value) {
      progress = Objects.requireNonNull(value);
      return this;
    }

    /** Gives the work up from another thread. */
    public Builder cancellation(CancellationToken value) {
      cancellation = Objects.requireNonNull(value);
      return this;
    }

    /**
     * The request.
     *
     * @throws RequestException if a value cannot be right for any model
     */
    public VideoRequest build() {
      atLeastOne("count", count);
      atLeastOne("numFrames", numFrames);
      atLeastOne("numInferenceSteps", numInferenceSteps);
      atLeastOne("maxSequenceLength", maxSequenceLength);
      if (!(frameRate > 0)) {
        throw new RequestException("frameRate", "frameRate is positive, got " + frameRate + ".");
      }
      if (!(guidanceRescale >= 0 && guidanceRescale <= 1)) {
        throw new RequestException(
            "guidanceRescale",
            "guidanceRescale lies between 0 and 1, got " + guidanceRescale + ".");
      }
      if (guidanceScale != null && guidanceScale.isNaN()) {
        throw new RequestException("guidanceScale", "guidanceScale is a number, got NaN.");
      }
      return new VideoRequest(new Builder(this));
    }

    private static void atLeastOne(String option, @Nullable Integer value) {
      if (value != null && value < 1) {
        throw new RequestException(option, option + " is at least 1, got " + value + ".");
      }
    }
  }
}
