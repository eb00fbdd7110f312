package dev.sampo.diffusion;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.random.NoiseSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a {@link DiffusionPipeline}. Immutable; defaults that are null are the model's own. Made by {@link #builder()}.
 *
 * <p>Checks that need no model are made by {@link Builder#build}: strength, steps, sizes of mask and picture; those that do, by {@link
 * DiffusionPipeline#generate}. A long file because every option is there twice, to be read and to be set.
 */
public final class DiffusionRequest {
  /** Nobody is told. */
  static final Progress<DiffusionStep> UNTOLD = step -> {};

  private final Builder b;

  private DiffusionRequest(Builder b) {
    this.b = b;
  }

  /** A request of all defaults: one picture of a seed drawn at random. */
  public static Builder builder() {
    return new Builder();
  }

  /** The same request, to be changed. */
  public Builder toBuilder() {
    return new Builder(b);
  }

  /** Prompts, one for each row; none for a model without text. */
  public List<String> prompts() {
    return b.prompts;
  }

  /** What the pictures shall not show: none, one, or one for each prompt. */
  public List<String> negativePrompts() {
    return b.negativePrompts;
  }

  /** Prompts for the second text encoder; empty where it reads {@link #prompts}. */
  public List<String> prompts2() {
    return b.prompts2;
  }

  /** Prompts for the third text encoder; empty where it reads {@link #prompts}. */
  public List<String> prompts3() {
    return b.prompts3;
  }

  /** Negative prompts for the second text encoder; empty where it reads {@link #negativePrompts}. */
  public List<String> negativePrompts2() {
    return b.negativePrompts2;
  }

  /** Negative prompts for the third text encoder; empty where it reads {@link #negativePrompts}. */
  public List<String> negativePrompts3() {
    return b.negativePrompts3;
  }

  /** Layers of the CLIP encoders that are left out at their end, or null. */
  public @Nullable Integer clipSkip() {
    return b.clipSkip;
  }

  /** Sizes that Stable Diffusion XL is told. */
  public SizeConditions sizes() {
    return b.sizes;
  }

  /** The same for the half that guidance goes away from, or null for the same sizes. */
  public @Nullable SizeConditions negativeSizes() {
    return b.negativeSizes;
  }

  /** Features in place of prompts, or null. */
  public @Nullable PromptFeatures features() {
    return b.features;
  }

  /** Features in place of negative prompts, or null. */
  public @Nullable PromptFeatures negativeFeatures() {
    return b.negativeFeatures;
  }

  /** Whether a prompt that is too long is cut; otherwise it is an error. */
  public boolean cutsLongPrompts() {
    return b.cutLongPrompts;
  }

  /** Classes, one for each row; empty for a model without. */
  public int[] classLabels() {
    return b.classLabels.clone();
  }

  /** Pictures for each prompt or class. */
  public int count() {
    return b.count;
  }

  /** The seed; null where it is drawn at random, or where there is one for each picture. */
  public @Nullable Long seed() {
    return b.seed;
  }

  /** Seeds, one for each picture; empty where there is one for all. */
  public long[] seeds() {
    return b.seeds.clone();
  }

  /** Where noise comes from in place of seeds, or null. */
  public @Nullable NoiseSource noise() {
    return b.noise;
  }

  /** Width in pixels, or null. */
  public @Nullable Integer widthPx() {
    return b.widthPx;
  }

  /** Height in pixels, or null. */
  public @Nullable Integer heightPx() {
    return b.heightPx;
  }

  /** Steps, or null. */
  public @Nullable Integer numInferenceSteps() {
    return b.numInferenceSteps;
  }

  /** Exactly these times in place of a number of steps, or null. */
  public double @Nullable [] timesteps() {
    return b.timesteps == null ? null : b.timesteps.clone();
  }

  /** Exactly these noise levels in place of a number of steps, or null. */
  public double @Nullable [] sigmas() {
    return b.sigmas == null ? null : b.sigmas.clone();
  }

  /** Guidance scale, or null; 1 and below is none. */
  public @Nullable Double guidanceScale() {
    return b.guidanceScale;
  }

  /** How much of guided contrast is taken back, 0..1. */
  public double guidanceRescale() {
    return b.guidanceRescale;
  }

  /** Whether the guided and the plain half go to the model in two calls: half the memory. */
  public boolean splitsGuidance() {
    return b.splitGuidance;
  }

  /** Stochasticity of DDIM and TCD, or null. */
  public @Nullable Double eta() {
    return b.eta;
  }

  /** Whether DDIM takes the noise anew from the clipped picture. */
  public boolean usesClippedModelOutput() {
    return b.useClippedModelOutput;
  }

  /** Another scheduler's class name, with or without "Scheduler", or null. */
  public @Nullable String scheduler() {
    return b.scheduler;
  }

  /** A whole scheduler configuration in place of the model's, or null. */
  public @Nullable SchedulerConfig schedulerConfig() {
    return b.schedulerConfig;
  }

  /** Keys of the scheduler's configuration that are set otherwise. */
  public Map<String, Object> schedulerOptions() {
    return b.schedulerOptions;
  }

  /** The picture to start from or to repaint, or null. */
  public @Nullable Pixels image() {
    return b.image;
  }

  /** White where the picture is painted anew, or null. */
  public @Nullable Pixels mask() {
    return b.mask;
  }

  /** How much of the picture is changed, 0..1. */
  public double strength() {
    return b.strength;
  }

  /** Clean latents to start from like a picture, or null. */
  public @Nullable PictureBatch imageLatents() {
    return b.imageLatents;
  }

  /** Noise to start from in place of drawn noise, or null. */
  public @Nullable PictureBatch initialNoise() {
    return b.initialNoise;
  }

  /** Guides inside the UNet, or null. */
  public @Nullable ControlNet controlNet() {
    return b.controlNet;
  }

  /** Side of the tiles that large pictures are decoded in, in pixels; 0 for whole. */
  public int tilePx() {
    return b.tilePx;
  }

  /** Told after each model call. */
  public Progress<DiffusionStep> progress() {
    return b.progress;
  }

  /** Gives the work up. */
  public CancellationToken cancellation() {
    return b.cancellation;
  }

  /** Where to go on, or null. */
  public @Nullable DiffusionState resume() {
    return b.resume;
  }

  /** Collects a request. */
  public static final class Builder {
    private List<String> prompts = Collections.emptyList();
    private List<String> negativePrompts = Collections.emptyList();
    private List<String> prompts2 = Collections.emptyList();
    private List<String> prompts3 = Collections.emptyList();
    private List<String> negativePrompts2 = Collections.emptyList();
    private List<String> negativePrompts3 = Collections.emptyList();
    private @Nullable Integer clipSkip;
    private SizeConditions sizes = SizeConditions.DEFAULT;
    private @Nullable SizeConditions negativeSizes;
    private boolean useClippedModelOutput;
    private @Nullable PromptFeatures features;
    private @Nullable PromptFeatures negativeFeatures;
    private boolean cutLongPrompts;
    private int[] classLabels = {};
    private int count = 1;
    private @Nullable Long seed;
    private long[] seeds = {};
    private @Nullable NoiseSource noise;
    private @Nullable Integer widthPx;
    private @Nullable Integer heightPx;
    private @Nullable Integer numInferenceSteps;
    private double @Nullable [] timesteps;
    private double @Nullable [] sigmas;
    private @Nullable Double guidanceScale;
    private double guidanceRescale;
    private boolean splitGuidance;
    private @Nullable Double eta;
    private @Nullable String scheduler;
    private @Nullable SchedulerConfig schedulerConfig;
    private Map<String, Object> schedulerOptions = Collections.emptyMap();
    private @Nullable Pixels image;
    private @Nullable Pixels mask;
    private double strength = 0.8;
    private boolean strengthGiven;
    private @Nullable PictureBatch imageLatents;
    private @Nullable PictureBatch initialNoise;
    private @Nullable ControlNet controlNet;
    private int tilePx;
    private Progress<DiffusionStep> progress = UNTOLD;
    private CancellationToken cancellation = CancellationToken.none();
    private @Nullable DiffusionState resume;

    private Builder() {}

    private Builder(Builder b) {
      prompts = b.prompts;
      negativePrompts = b.negativePrompts;
      prompts2 = b.prompts2;
      prompts3 = b.prompts3;
      negativePrompts2 = b.negativePrompts2;
      negativePrompts3 = b.negativePrompts3;
      clipSkip = b.clipSkip;
      sizes = b.sizes;
      negativeSizes = b.negativeSizes;
      useClippedModelOutput = b.useClippedModelOutput;
      features = b.features;
      negativeFeatures = b.negativeFeatures;
      cutLongPrompts = b.cutLongPrompts;
      classLabels = b.classLabels;
      count = b.count;
      seed = b.seed;
      seeds = b.seeds;
      noise = b.noise;
      widthPx = b.widthPx;
      heightPx = b.heightPx;
      numInferenceSteps = b.numInferenceSteps;
      timesteps = b.timesteps;
      sigmas = b.sigmas;
      guidanceScale = b.guidanceScale;
      guidanceRescale = b.guidanceRescale;
      splitGuidance = b.splitGuidance;
      eta = b.eta;
      scheduler = b.scheduler;
      schedulerConfig = b.schedulerConfig;
      schedulerOptions = b.schedulerOptions;
      image = b.image;
      mask = b.mask;
      strength = b.strength;
      strengthGiven = b.strengthGiven;
      imageLatents = b.imageLatents;
      initialNoise = b.initialNoise;
      controlNet = b.controlNet;
      tilePx = b.tilePx;
      progress = b.progress;
      cancellation = b.cancellation;
      resume = b.resume;
    }

    /** What the picture shows; several for several pictures at once. */
    public Builder prompt(String... values) {
      prompts = list(values);
      return this;
    }

    /** What the picture shall not show: one for all, or one for each prompt. */
    public Builder negativePrompt(String... values) {
      negativePrompts = list(values);
      return this;
    }

    private static List<String> list(String[] values) {
      return Collections.unmodifiableList(new ArrayList<>(Arrays.asList(values)));
    }

    /** What the second text encoder reads (XL, SD 3: the second CLIP; Flux: T5); the prompt where this is left out. */
    public Builder prompt2(String... values) {
      prompts2 = list(values);
      return this;
    }

    /** What the third text encoder reads (SD 3: T5); the prompt where this is left out. */
    public Builder prompt3(String... values) {
      prompts3 = list(values);
      return this;
    }

    /**
     * Negative prompts for the second text encoder. As in diffusers, XL models that take zeros for no negative prompt look at the first
     * one's only: without {@link #negativePrompt} this does nothing there.
     */
    public Builder negativePrompt2(String... values) {
      negativePrompts2 = list(values);
      return this;
    }

    /** Negative prompts for the third text encoder. */
    public Builder negativePrompt3(String... values) {
      negativePrompts3 = list(values);
      return this;
    }

    /** Layers of the CLIP encoders to leave out at their end: 1 is the one before the architecture's own. */
    public Builder clipSkip(@Nullable Integer value) {
      clipSkip = value;
      return this;
    }

    /** Sizes that Stable Diffusion XL is told, in place of the picture's own. */
    public Builder sizes(SizeConditions value) {
      sizes = value;
      return this;
    }

    /** Sizes for the half that guidance goes away from; null for the same as {@link #sizes}. */
    public Builder negativeSizes(@Nullable SizeConditions value) {
      negativeSizes = value;
      return this;
    }

    /** Features in place of prompts, from {@link DiffusionPipeline#encode} or mixed from such. */
    public Builder features(@Nullable PromptFeatures value) {
      features = value;
      return this;
    }

    /** Features in place of negative prompts. */
    public Builder negativeFeatures(@Nullable PromptFeatures value) {
      negativeFeatures = value;
      return this;
    }

    /** Cuts prompts that are longer than the text encoder takes; without this they are an error. */
    public Builder cutLongPrompts(boolean value) {
      cutLongPrompts = value;
      return this;
    }

    /**
     * The class of the picture; several for several pictures at once. Where it is left out, picture i is of class i modulo their number;
     * the null class asks for none.
     */
    public Builder classLabel(int... values) {
      classLabels = values.clone();
      return this;
    }

    /** Pictures for each prompt or class; 1 by default. */
    public Builder count(int value) {
      count = value;
      return this;
    }

    /** The seed of all pictures together; null (the default) draws one, which the result tells. */
    public Builder seed(@Nullable Long value) {
      seed = value;
      seeds = new long[0];
      return this;
    }

    /** The seed of all pictures together. */
    public Builder seed(long value) {
      return seed((Long) value);
    }

    /** A seed for each picture: it comes out as alone with it. */
    public Builder seeds(long... values) {
      seed = null;
      seeds = values.clone();
      return this;
    }

    /** Noise from elsewhere, in place of seeds. */
    public Builder noise(@Nullable NoiseSource value) {
      noise = value;
      return this;
    }

    /** Size in pixels. */
    public Builder size(@Nullable Integer newWidthPx, @Nullable Integer newHeightPx) {
      widthPx = newWidthPx;
      heightPx = newHeightPx;
      return this;
    }

    /** Number of denoising steps. */
    public Builder numInferenceSteps(@Nullable Integer value) {
      numInferenceSteps = value;
      return this;
    }

    /** Exactly these times in place of a number of steps. */
    public Builder timesteps(double @Nullable ... values) {
      timesteps = values == null ? null : values.clone();
      return this;
    }

    /** Exactly these noise levels in place of a number of steps. */
    public Builder sigmas(double @Nullable ... values) {
      sigmas = values == null ? null : values.clone();
      return this;
    }

    /** Classifier-free guidance (Ho and Salimans 2022, arXiv:2207.12598); 1 and below is none. */
    public Builder guidanceScale(@Nullable Double value) {
      guidanceScale = value;
      return this;
    }

    /** Takes back contrast that guidance added (Lin et al. 2023, arXiv:2305.08891, section 3.4); 0..1. */
    public Builder guidanceRescale(double value) {
      guidanceRescale = value;
      return this;
    }

    /** The two halves of guidance in two model calls: half the memory. */
    public Builder splitGuidance(boolean value) {
      splitGuidance = value;
      return this;
    }

    /** Stochasticity of DDIM and TCD. */
    public Builder eta(@Nullable Double value) {
      eta = value;
      return this;
    }

    /** DDIM: the noise is taken anew from the clipped picture ({@code use_clipped_model_output}). */
    public Builder useClippedModelOutput(boolean value) {
      useClippedModelOutput = value;
      return this;
    }

    /** Another scheduler by its class name, such as {@code EulerDiscrete}. */
    public Builder scheduler(@Nullable String name) {
      scheduler = name;
      return this;
    }

    /** A whole scheduler configuration in place of the model's. */
    public Builder schedulerConfig(@Nullable SchedulerConfig value) {
      schedulerConfig = value;
      return this;
    }

    /** Sets one key of the scheduler's configuration, such as {@code use_karras_sigmas} to true. */
    public Builder schedulerOption(String key, Object value) {
      Map<String, Object> changed = new LinkedHashMap<>(schedulerOptions);
      changed.put(key, value);
      schedulerOptions = Collections.unmodifiableMap(changed);
      return this;
    }

    /** The picture to start from, or to repaint with a mask. */
    public Builder image(@Nullable Pixels value) {
      image = value;
      return this;
    }

    /** White where the picture is painted anew. */
    public Builder mask(@Nullable Pixels value) {
      mask = value;
      return this;
    }

    /** How much of the picture is changed: 0 nothing, 1 everything. 0.8 by default, 1 with a mask. */
    public Builder strength(double value) {
      strength = value;
      strengthGiven = true;
      return this;
    }

    /** Clean latents to start from like a picture: of an earlier result, or upscaled. */
    public Builder imageLatents(@Nullable PictureBatch value) {
      imageLatents = value;
      return this;
    }

    /** Noise to start from: drawn elsewhere, inverted from a picture, or between two others. */
    public Builder initialNoise(@Nullable PictureBatch value) {
      initialNoise = value;
      return this;
    }

    /** Guides inside the UNet. */
    public Builder controlNet(@Nullable ControlNet value) {
      controlNet = value;
      return this;
    }

    /** Decodes in tiles of that side, in pixels, which saves memory for large pictures; 0 for whole. */
    public Builder tilePx(int value) {
      tilePx = value;
      return this;
    }

    /** Told after each model call, on the thread that generates. */
    public Builder progress(Progress<DiffusionStep> value) {
      progress = Objects.requireNonNull(value);
      return this;
    }

    /** Gives the work up from another thread. */
    public Builder cancellation(CancellationToken value) {
      cancellation = Objects.requireNonNull(value);
      return this;
    }

    /** Goes on from a state of the same request, from its progress or from what its cancellation left. */
    public Builder resume(@Nullable DiffusionState value) {
      resume = value;
      return this;
    }

    /**
     * The request.
     *
     * @throws RequestException if a value cannot be right for any model
     */
    public DiffusionRequest build() {
      Builder copy = new Builder(this);
      if (copy.mask != null && !copy.strengthGiven) {
        copy.strength = 1.0;
      }
      Checks.request(new DiffusionRequest(copy));
      return new DiffusionRequest(copy);
    }
  }
}
