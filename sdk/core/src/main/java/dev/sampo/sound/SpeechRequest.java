package dev.sampo.sound;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What to say, and how. Immutable. */
public final class SpeechRequest {
  private final List<String> texts;
  private final List<String> phonemes;
  private final List<int[]> inputIds;
  private final @Nullable Long seed;
  private final @Nullable Double speakingRate;
  private final @Nullable Double noiseScale;
  private final @Nullable Double noiseScaleDuration;
  private final @Nullable Integer speaker;
  private final float[] speakerEmbedding;
  private final double threshold;
  private final double minLengthRatio;
  private final double maxLengthRatio;
  private final Progress<Progress.Count> progress;
  private final CancellationToken cancellation;

  private SpeechRequest(Builder b) {
    texts = Collections.unmodifiableList(new ArrayList<>(b.texts));
    phonemes = Collections.unmodifiableList(new ArrayList<>(b.phonemes));
    List<int[]> ids = new ArrayList<>();
    b.inputIds.forEach(row -> ids.add(row.clone()));
    inputIds = ids;
    seed = b.seed;
    speakingRate = b.speakingRate;
    noiseScale = b.noiseScale;
    noiseScaleDuration = b.noiseScaleDuration;
    speaker = b.speaker;
    speakerEmbedding = b.speakerEmbedding.clone();
    threshold = b.threshold;
    minLengthRatio = b.minLengthRatio;
    maxLengthRatio = b.maxLengthRatio;
    progress = b.progress;
    cancellation = b.cancellation;
  }

  /** A builder of the defaults; texts or ids are still wanted. */
  public static Builder builder() {
    return new Builder();
  }

  /** One text, as the model's files say. */
  public static SpeechRequest of(String text) {
    return builder().texts(text).build();
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.texts = texts;
    b.phonemes = phonemes;
    b.inputIds = inputIds;
    b.seed = seed;
    b.speakingRate = speakingRate;
    b.noiseScale = noiseScale;
    b.noiseScaleDuration = noiseScaleDuration;
    b.speaker = speaker;
    b.speakerEmbedding = speakerEmbedding;
    b.threshold = threshold;
    b.minLengthRatio = minLengthRatio;
    b.maxLengthRatio = maxLengthRatio;
    b.progress = progress;
    b.cancellation = cancellation;
    return b;
  }

  /** See {@link Builder#texts(List)}. */
  public List<String> texts() {
    return texts;
  }

  /** See {@link Builder#phonemes(List)}. */
  public List<String> phonemes() {
    return phonemes;
  }

  /** Copies of the ids; see {@link Builder#inputIds}. */
  public List<int[]> inputIds() {
    List<int[]> copy = new ArrayList<>();
    inputIds.forEach(row -> copy.add(row.clone()));
    return copy;
  }

  /** See {@link Builder#seed}. */
  public @Nullable Long seed() {
    return seed;
  }

  /** See {@link Builder#speakingRate}. */
  public @Nullable Double speakingRate() {
    return speakingRate;
  }

  /** See {@link Builder#noiseScale}. */
  public @Nullable Double noiseScale() {
    return noiseScale;
  }

  /** See {@link Builder#noiseScaleDuration}. */
  public @Nullable Double noiseScaleDuration() {
    return noiseScaleDuration;
  }

  /** See {@link Builder#speaker}. */
  public @Nullable Integer speaker() {
    return speaker;
  }

  /** A copy of the vector; see {@link Builder#speakerEmbedding}. */
  public float[] speakerEmbedding() {
    return speakerEmbedding.clone();
  }

  /** See {@link Builder#threshold}. */
  public double threshold() {
    return threshold;
  }

  /** See {@link Builder#minLengthRatio}. */
  public double minLengthRatio() {
    return minLengthRatio;
  }

  /** See {@link Builder#maxLengthRatio}. */
  public double maxLengthRatio() {
    return maxLengthRatio;
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

  @Override
  public String toString() {
    return "SpeechRequest[texts=" + texts + ", seed=" + seed + ", speaker=" + speaker + "]";
  }

  /** Builds a {@link SpeechRequest}; the defaults are here. */
  public static final class Builder {
    private List<String> texts = Collections.emptyList();
    private List<String> phonemes = Collections.emptyList();
    private List<int[]> inputIds = Collections.emptyList();
    private @Nullable Long seed;
    private @Nullable Double speakingRate;
    private @Nullable Double noiseScale;
    private @Nullable Double noiseScaleDuration;
    private @Nullable Integer speaker;
    private float[] speakerEmbedding = new float[0];
    private double threshold = 0.5;
    private double minLengthRatio;
    private double maxLengthRatio = 20;
    private Progress<Progress.Count> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder() {}

    /** What to say; VITS speaks all texts in one run. */
    public Builder texts(List<String> value) {
      texts = Objects.requireNonNull(value);
      return this;
    }

    /** What to say. */
    public Builder texts(String... value) {
      return texts(Arrays.asList(value));
    }

    /** What to say in the phonemes of the model's vocabulary, one a character: for models that are not spoken to in letters. */
    public Builder phonemes(List<String> value) {
      phonemes = Objects.requireNonNull(value);
      return this;
    }

    /** Ids in place of texts, for what no tokenizer of the folder makes. */
    public Builder inputIds(List<int[]> value) {
      inputIds = Objects.requireNonNull(value);
      return this;
    }

    /** Seed of the noise; null (the default) draws one, which the result tells. */
    public Builder seed(@Nullable Long value) {
      seed = value;
      return this;
    }

    /** Seed of the noise. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** VITS: 2 is twice as fast; null (the default) for what config.json says. */
    public Builder speakingRate(@Nullable Double value) {
      speakingRate = value;
      return this;
    }

    /** VITS: how much the sound varies; 0 not at all; null (the default) for what config.json says. */
    public Builder noiseScale(@Nullable Double value) {
      noiseScale = value;
      return this;
    }

    /** VITS: how much the rhythm varies; 0 not at all; null (the default) for what config.json says. */
    public Builder noiseScaleDuration(@Nullable Double value) {
      noiseScaleDuration = value;
      return this;
    }

    /** Which of a model's speakers, from 0; null (the default) for the first. */
    public Builder speaker(@Nullable Integer value) {
      speaker = value;
      return this;
    }

    /** SpeechT5: the vector of the speaker. */
    public Builder speakerEmbedding(float[] value) {
      speakerEmbedding = value.clone();
      return this;
    }

    /** SpeechT5: the end is reached when the probabilities of a step's frames add up to this. */
    public Builder threshold(double value) {
      threshold = value;
      return this;
    }

    /** SpeechT5: frames an input id that there are at least. */
    public Builder minLengthRatio(double value) {
      minLengthRatio = value;
      return this;
    }

    /** SpeechT5: frames an input id that there are at most. */
    public Builder maxLengthRatio(double value) {
      maxLengthRatio = value;
      return this;
    }

    /** Told how many texts are done, on the thread that does the work. */
    public Builder progress(Progress<Progress.Count> value) {
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
     * @throws RequestException when there is nothing to say, or a number cannot be
     */
    public SpeechRequest build() {
      int given =
          (texts.isEmpty() ? 0 : 1) + (phonemes.isEmpty() ? 0 : 1) + (inputIds.isEmpty() ? 0 : 1);
      if (given != 1) {
        throw new RequestException(
            "texts", "A speech request wants texts, phonemes or inputIds, one of the three.");
      }
      positive("speakingRate", speakingRate, false);
      positive("noiseScale", noiseScale, true);
      positive("noiseScaleDuration", noiseScaleDuration, true);
      if (Double.isNaN(threshold)) {
        throw new RequestException("threshold", "threshold is a number, got NaN.");
      }
      if (!(minLengthRatio >= 0 && maxLengthRatio > 0 && maxLengthRatio <= 1e6)) {
        throw new RequestException(
            "maxLengthRatio",
            "minLengthRatio is at least 0 and maxLengthRatio above 0, got "
                + minLengthRatio
                + " and "
                + maxLengthRatio
                + ".");
      }
      return new SpeechRequest(this);
    }

    private static void positive(String option, @Nullable Double value, boolean orZero) {
      if (value == null) {
        return;
      }
      if (!(value > 0 || (orZero && value == 0)) || Double.isInfinite(value)) {
        throw new RequestException(
            option, option + " is " + (orZero ? "0 or more" : "above 0") + ", got " + value + ".");
      }
    }
  }
}
