package dev.sampo.stroke;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What to write. Immutable. */
public final class HandwritingRequest {
  private final Builder b;

  private HandwritingRequest(Builder b) {
    this.b = b;
  }

  /** One drawing at temperature 1 with the model's own bias, of a seed drawn at random. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    return new Builder(b);
  }

  /** See {@link Builder#count}. */
  public int count() {
    return b.count;
  }

  /** See {@link Builder#classLabels}. */
  public List<Integer> classLabels() {
    return b.classLabels;
  }

  /** See {@link Builder#text}. */
  public @Nullable String text() {
    return b.text;
  }

  /** See {@link Builder#bias}. */
  public @Nullable Double bias() {
    return b.bias;
  }

  /** See {@link Builder#temperature}. */
  public double temperature() {
    return b.temperature;
  }

  /** See {@link Builder#maxPoints}. */
  public @Nullable Integer maxPoints() {
    return b.maxPoints;
  }

  /** See {@link Builder#seed}. */
  public @Nullable Long seed() {
    return b.seed;
  }

  /** See {@link Builder#progress}. */
  public Progress<Progress.Count> progress() {
    return b.progress;
  }

  /** See {@link Builder#cancellation}. */
  public CancellationToken cancellation() {
    return b.cancellation;
  }

  Watch watch() {
    return new Watch(b.progress, b.cancellation);
  }

  @Override
  public String toString() {
    return "HandwritingRequest[count="
        + b.count
        + ", classLabels="
        + b.classLabels
        + ", text="
        + b.text
        + ", bias="
        + b.bias
        + ", temperature="
        + b.temperature
        + ", maxPoints="
        + b.maxPoints
        + ", seed="
        + b.seed
        + "]";
  }

  /** Builds a {@link HandwritingRequest}; the defaults are here. */
  public static final class Builder {
    private int count = 1;
    private List<Integer> classLabels = Collections.emptyList();
    private @Nullable String text;
    private @Nullable Double bias;
    private double temperature = 1;
    private @Nullable Integer maxPoints;
    private @Nullable Long seed;
    private Progress<Progress.Count> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder() {}

    private Builder(Builder o) {
      count = o.count;
      classLabels = o.classLabels;
      text = o.text;
      bias = o.bias;
      temperature = o.temperature;
      maxPoints = o.maxPoints;
      seed = o.seed;
      progress = o.progress;
      cancellation = o.cancellation;
    }

    /** How many drawings, 1 or more; they are written side by side. */
    public Builder count(int value) {
      count = value;
      return this;
    }

    /** The class of each drawing, or one for all; left out, drawing i is of class i modulo their number. */
    public Builder classLabels(List<Integer> value) {
      classLabels = Collections.unmodifiableList(new ArrayList<>(value));
      return this;
    }

    /** What to write, for a model that takes text; null by default. */
    public Builder text(@Nullable String value) {
      text = value;
      return this;
    }

    /**
     * How neat the writing is, 0 or more (Graves 2013, section 5.4): deviations are divided by e^bias, and scores of the parts and of the
     * pen's states multiplied by 1 + bias. Null, the default, is the model's own.
     */
    public Builder bias(@Nullable Double value) {
      bias = value;
      return this;
    }

    /** Divides the scores of the parts and of the pen, and multiplies variances (sketch-RNN, eq. 8); more than 0, 1 by default. */
    public Builder temperature(double value) {
      temperature = value;
      return this;
    }

    /** Points after which a drawing ends anyhow, 1 or more; null for the model's own. */
    public Builder maxPoints(@Nullable Integer value) {
      maxPoints = value;
      return this;
    }

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

    /** Told how many points are drawn, on the thread that does the work. */
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
     * @throws RequestException when a number cannot be
     */
    public HandwritingRequest build() {
      if (count < 1) {
        throw new RequestException("count", "count is at least 1, got " + count + ".");
      }
      if (maxPoints != null && maxPoints < 1) {
        throw new RequestException("maxPoints", "maxPoints is at least 1, got " + maxPoints + ".");
      }
      if (bias != null && !(bias >= 0 && bias < 100)) {
        throw new RequestException("bias", "bias is a number from 0 on, got " + bias + ".");
      }
      if (!(temperature > 0 && temperature < 1e6)) {
        throw new RequestException(
            "temperature", "temperature is a number above 0, got " + temperature + ".");
      }
      return new HandwritingRequest(new Builder(this));
    }
  }
}
