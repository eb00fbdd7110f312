package dev.sampo.text;

import dev.sampo.error.RequestException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How {@link WhisperLongForm} goes over a sound; Radford et al. 2022, arXiv:2212.04356, section 4.5. Nothing is set by default, as in transformers: no thresholds, one
 * attempt a window, no window told of the one before. Immutable.
 */
public final class WhisperOptions {
  private final Builder b;

  private WhisperOptions(Builder builder) {
    this.b = builder;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Nothing set. */
  public static WhisperOptions defaults() {
    return builder().build();
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    return b.copy();
  }

  /** Temperatures of the attempts at a window, in order; 0 takes the best token. Empty: the temperature of the request, if it has one, otherwise 0. */
  public List<Double> temperatures() {
    return Collections.unmodifiableList(b.temperatures);
  }

  /** Ids that zlib makes more times smaller than this are tried again; null for never. */
  public @Nullable Double compressionRatioThreshold() {
    return b.compressionRatioThreshold;
  }

  /** Ids whose mean log-probability is lower are tried again; null for never. */
  public @Nullable Double logprobThreshold() {
    return b.logprobThreshold;
  }

  /** A window is passed over if the probability of "no speech" is higher and the log-probability below its threshold; null for never. */
  public @Nullable Double noSpeechThreshold() {
    return b.noSpeechThreshold;
  }

  /** Whether the decoder is told what was said before, except after an attempt at a temperature of 0.5 or more. */
  public boolean conditionOnPrevTokens() {
    return b.conditionOnPrevTokens;
  }

  /** Collects options. */
  public static final class Builder {
    private List<Double> temperatures = new ArrayList<>();
    private @Nullable Double compressionRatioThreshold;
    private @Nullable Double logprobThreshold;
    private @Nullable Double noSpeechThreshold;
    private boolean conditionOnPrevTokens;

    private Builder() {}

    /** Temperatures of the attempts at a window, such as 0, 0.2, 0.4, 0.6, 0.8, 1: the next is taken where a threshold is not met. */
    public Builder temperatures(double... values) {
      temperatures = new ArrayList<>();
      for (double value : values) {
        temperatures.add(value);
      }
      return this;
    }

    /** Such as 1.35. */
    public Builder compressionRatioThreshold(@Nullable Double value) {
      compressionRatioThreshold = value;
      return this;
    }

    /** Such as -1. */
    public Builder logprobThreshold(@Nullable Double value) {
      logprobThreshold = value;
      return this;
    }

    /** Such as 0.6; needs {@link #logprobThreshold}. */
    public Builder noSpeechThreshold(@Nullable Double value) {
      noSpeechThreshold = value;
      return this;
    }

    /** Tells the decoder what was said before. */
    public Builder conditionOnPrevTokens(boolean value) {
      conditionOnPrevTokens = value;
      return this;
    }

    private Builder copy() {
      Builder copy = new Builder();
      copy.temperatures = new ArrayList<>(temperatures);
      copy.compressionRatioThreshold = compressionRatioThreshold;
      copy.logprobThreshold = logprobThreshold;
      copy.noSpeechThreshold = noSpeechThreshold;
      copy.conditionOnPrevTokens = conditionOnPrevTokens;
      return copy;
    }

    /**
     * The options.
     *
     * @throws RequestException if a temperature is negative or no number, or {@code noSpeechThreshold} stands without {@code logprobThreshold}
     */
    public WhisperOptions build() {
      for (double temperature : temperatures) {
        if (!(temperature >= 0) || Double.isInfinite(temperature)) {
          throw new RequestException(
              "temperatures", "A temperature is " + temperature + "; wanted 0 or more.");
        }
      }
      if (noSpeechThreshold != null && logprobThreshold == null) {
        throw new RequestException(
            "noSpeechThreshold",
            "noSpeechThreshold is looked at only where the log-probability is low: give"
                + " logprobThreshold too, -1 for one.");
      }
      return new WhisperOptions(copy());
    }
  }

  @Override
  public String toString() {
    return "WhisperOptions[temperatures="
        + b.temperatures
        + ", compressionRatioThreshold="
        + b.compressionRatioThreshold
        + ", logprobThreshold="
        + b.logprobThreshold
        + ", noSpeechThreshold="
        + b.noSpeechThreshold
        + ", conditionOnPrevTokens="
        + b.conditionOnPrevTokens
        + "]";
  }
}
