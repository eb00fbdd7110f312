package dev.sampo.diffusion.staged;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.internal.SchedulerFiles;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a pipeline in stages. Immutable, made by {@link #builder()}. Lists go by stage; a stage beyond a list's end takes the
 * model's own.
 */
public final class StagedRequest {
  private final Builder b;

  private StagedRequest(Builder b) {
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

  /** Prompts, one for each row. */
  public List<String> prompts() {
    return b.prompts;
  }

  /** What the pictures shall not show: none, one, or one for each prompt. */
  public List<String> negativePrompts() {
    return b.negativePrompts;
  }

  /** Embeddings in place of prompts (unCLIP), or null. */
  public @Nullable Embeddings embeddings() {
    return b.embeddings;
  }

  /** Pictures for each prompt. */
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

  /** Width in pixels (unCLIP), or null. */
  public @Nullable Integer widthPx() {
    return b.widthPx;
  }

  /** Height in pixels (unCLIP), or null. */
  public @Nullable Integer heightPx() {
    return b.heightPx;
  }

  /** Steps by stage. */
  public int[] numInferenceSteps() {
    return b.numInferenceSteps.clone();
  }

  /** Guidance scales by stage. */
  public double[] guidanceScale() {
    return b.guidanceScale.clone();
  }

  /** Scheduler configurations by stage in place of the model's. */
  public List<SchedulerConfig> schedulerConfigs() {
    return b.schedulerConfigs;
  }

  /** Noise of the smaller picture before it is enlarged further (cascade), as a time of training. */
  public int noiseLevel() {
    return b.noiseLevel;
  }

  /** Told after each step. */
  public Progress<StageStep> progress() {
    return b.progress;
  }

  /** Gives the work up. */
  public CancellationToken cancellation() {
    return b.cancellation;
  }

  int steps(int stage, int fallback) {
    return stage < b.numInferenceSteps.length ? b.numInferenceSteps[stage] : fallback;
  }

  double scale(int stage, double fallback) {
    return stage < b.guidanceScale.length ? b.guidanceScale[stage] : fallback;
  }

  /**
   * The scheduler of a stage: the request's, or else the folder's.
   *
   * @throws dev.sampo.error.ModelException if the folder's is at fault
   */
  SchedulerConfig config(int stage, ModelFolder folder, String relative) {
    if (stage < b.schedulerConfigs.size()) {
      return b.schedulerConfigs.get(stage);
    }
    SchedulerConfig own = SchedulerFiles.read(folder, relative);
    SchedulerFiles.scheduler(folder, relative, own); // the file is named where its values cannot be
    return own;
  }

  /** Collects a request. */
  public static final class Builder {
    private List<String> prompts = Collections.emptyList();
    private List<String> negativePrompts = Collections.emptyList();
    private @Nullable Embeddings embeddings;
    private int count = 1;
    private @Nullable Long seed;
    private long[] seeds = {};
    private @Nullable Integer widthPx;
    private @Nullable Integer heightPx;
    private int[] numInferenceSteps = {};
    private double[] guidanceScale = {};
    private List<SchedulerConfig> schedulerConfigs = Collections.emptyList();
    private int noiseLevel = 250;
    private Progress<StageStep> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder() {}

    private Builder(Builder b) {
      prompts = b.prompts;
      negativePrompts = b.negativePrompts;
      embeddings = b.embeddings;
      count = b.count;
      seed = b.seed;
      seeds = b.seeds;
      widthPx = b.widthPx;
      heightPx = b.heightPx;
      numInferenceSteps = b.numInferenceSteps;
      guidanceScale = b.guidanceScale;
      schedulerConfigs = b.schedulerConfigs;
      noiseLevel = b.noiseLevel;
      progress = b.progress;
      cancellation = b.cancellation;
    }

    /** What the picture shows; several for several pictures at once. */
    public Builder prompt(String... values) {
      prompts = Collections.unmodifiableList(new ArrayList<>(Arrays.asList(values)));
      return this;
    }

    /** What the picture shall not show: one for all, or one for each prompt. */
    public Builder negativePrompt(String... values) {
      negativePrompts = Collections.unmodifiableList(new ArrayList<>(Arrays.asList(values)));
      return this;
    }

    /** Embeddings in place of prompts (unCLIP): of a picture, or mixed. */
    public Builder embeddings(@Nullable Embeddings value) {
      embeddings = value;
      return this;
    }

    /** Pictures for each prompt; 1 by default. */
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

    /** A seed for each picture. */
    public Builder seeds(long... values) {
      seed = null;
      seeds = values.clone();
      return this;
    }

    /** Size in pixels (unCLIP); a cascade's stages have sizes of their own. */
    public Builder size(@Nullable Integer newWidthPx, @Nullable Integer newHeightPx) {
      widthPx = newWidthPx;
      heightPx = newHeightPx;
      return this;
    }

    /** Denoising steps by stage. */
    public Builder numInferenceSteps(int... values) {
      numInferenceSteps = values.clone();
      return this;
    }

    /** Classifier-free guidance by stage (Ho and Salimans 2022, arXiv:2207.12598); 1 and below is none. */
    public Builder guidanceScale(double... values) {
      guidanceScale = values.clone();
      return this;
    }

    /** Scheduler configurations by stage in place of the model's. */
    public Builder schedulerConfigs(SchedulerConfig... values) {
      schedulerConfigs = Collections.unmodifiableList(new ArrayList<>(Arrays.asList(values)));
      return this;
    }

    /** Noise of the smaller picture (cascade), as a time of training; 250 by default. */
    public Builder noiseLevel(int value) {
      noiseLevel = value;
      return this;
    }

    /** Told after each step, on the thread that generates. */
    public Builder progress(Progress<StageStep> value) {
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
    public StagedRequest build() {
      if (count < 1) {
        throw new RequestException("count", "count is at least 1, got " + count + ".");
      }
      for (int steps : numInferenceSteps) {
        if (steps < 1) {
          throw new RequestException(
              "numInferenceSteps", "numInferenceSteps is at least 1, got " + steps + ".");
        }
      }
      if (noiseLevel < 0) {
        throw new RequestException(
            "noiseLevel", "noiseLevel is a time of training from 0 on, got " + noiseLevel + ".");
      }
      return new StagedRequest(new Builder(this));
    }
  }
}
