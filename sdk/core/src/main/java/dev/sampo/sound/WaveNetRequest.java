package dev.sampo.sound;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What to draw from a WaveNet. Immutable. */
public final class WaveNetRequest {
  private final @Nullable Long seed;
  private final int count;
  private final List<Integer> classLabels;
  private final @Nullable Integer numSamples;
  private final double temperature;
  private final float[] prompt;
  private final Progress<Progress.Count> progress;
  private final CancellationToken cancellation;

  private WaveNetRequest(Builder b) {
    seed = b.seed;
    count = b.count;
    classLabels = Collections.unmodifiableList(new ArrayList<>(b.classLabels));
    numSamples = b.numSamples;
    temperature = b.temperature;
    prompt = b.prompt.clone();
    progress = b.progress;
    cancellation = b.cancellation;
  }

  /** One sound of the usual length at temperature 1, of a seed drawn at random. */
  public static Builder builder() {
    return new Builder();
  }

  /** So many sounds from a seed. */
  public static WaveNetRequest of(long seed, int count) {
    return builder().seed(seed).count(count).build();
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.seed = seed;
    b.count = count;
    b.classLabels = classLabels;
    b.numSamples = numSamples;
    b.temperature = temperature;
    b.prompt = prompt;
    b.progress = progress;
    b.cancellation = cancellation;
    return b;
  }

  /** See {@link Builder#count}. */
  public int count() {
    return count;
  }

  /** See {@link Builder#classLabels}. */
  public List<Integer> classLabels() {
    return classLabels;
  }

  /** See {@link Builder#numSamples}. */
  public @Nullable Integer numSamples() {
    return numSamples;
  }

  /** See {@link Builder#temperature}. */
  public double temperature() {
    return temperature;
  }

  /** A copy of the prompt. */
  public float[] prompt() {
    return prompt.clone();
  }

  /** See {@link Builder#seed}. */
  public @Nullable Long seed() {
    return seed;
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
    return "WaveNetRequest[seed="
        + seed
        + ", count="
        + count
        + ", classLabels="
        + classLabels
        + ", numSamples="
        + numSamples
        + ", temperature="
        + temperature
        + ", prompt of "
        + prompt.length
        + " samples]";
  }

  /** Builds a {@link WaveNetRequest}; the defaults are here. */
  public static final class Builder {
    private @Nullable Long seed;
    private int count = 1;
    private List<Integer> classLabels = Collections.emptyList();
    private @Nullable Integer numSamples;
    private double temperature = 1;
    private float[] prompt = new float[0];
    private Progress<Progress.Count> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder() {}

    /** Seed of the draws; null (the default) draws one, which the result tells. */
    public Builder seed(@Nullable Long value) {
      seed = value;
      return this;
    }

    /** Seed of the draws. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Told how many samples are done, on the thread that does the work. */
    public Builder progress(Progress<Progress.Count> value) {
      progress = Objects.requireNonNull(value);
      return this;
    }

    /** Gives the work up from another thread. */
    public Builder cancellation(CancellationToken value) {
      cancellation = Objects.requireNonNull(value);
      return this;
    }

    /** How many sounds, 1 or more; they are drawn side by side. */
    public Builder count(int value) {
      count = value;
      return this;
    }

    /** Classes: one for all sounds, one each, or none: then sound i is of class i modulo their number. */
    public Builder classLabels(List<Integer> value) {
      classLabels = Objects.requireNonNull(value);
      return this;
    }

    /** Length without the prompt, 1 or more; null (the default) for the length that {@code sampo.json} states. */
    public Builder numSamples(@Nullable Integer value) {
      numSamples = value;
      return this;
    }

    /** Divides the logits: 1 as trained, 0 the likeliest level every time. */
    public Builder temperature(double value) {
      temperature = value;
      return this;
    }

    /** Sound to go on from, -1..1, the same for all; it is not repeated in the result. */
    public Builder prompt(float[] value) {
      prompt = value.clone();
      return this;
    }

    /**
     * The request.
     *
     * @throws RequestException when a number cannot be
     */
    public WaveNetRequest build() {
      if (count < 1) {
        throw new RequestException("count", "count is at least 1, got " + count + ".");
      }
      if (numSamples != null && numSamples < 1) {
        throw new RequestException(
            "numSamples", "numSamples is at least 1, got " + numSamples + ".");
      }
      if (!(temperature >= 0) || Double.isInfinite(temperature)) {
        throw new RequestException(
            "temperature", "temperature is at least 0, got " + temperature + ".");
      }
      return new WaveNetRequest(this);
    }
  }
}
