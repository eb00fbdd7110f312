package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.RequestException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How {@link WhisperLongForm} goes over a sound; Radford et al. 2022, arXiv:2212.04356, section 4.5. What is not set is as the folder's {@code generation_config.json} says,
 * and if that says nothing, as in transformers: no thresholds, one attempt a window, no window told of the one before. Immutable.
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

  /**
   * What a folder's {@code generation_config.json} says.
   *
   * @throws RequestException if a value is of the wrong kind
   */
  static WhisperOptions ofFolder(JsonNode generationConfig) {
    JsonNode temperature = generationConfig.path("temperature");
    double[] temperatures = new double[temperature.isArray() ? temperature.size() : 0];
    for (int i = 0; i < temperatures.length; i++) {
      temperatures[i] = temperature.get(i).asDouble(Double.NaN);
    }
    JsonNode condition = generationConfig.path("condition_on_prev_tokens");
    return builder()
        .temperatures(temperatures)
        .compressionRatioThreshold(number(generationConfig, "compression_ratio_threshold"))
        .logprobThreshold(number(generationConfig, "logprob_threshold"))
        .noSpeechThreshold(number(generationConfig, "no_speech_threshold"))
        .conditionOnPrevTokens(condition.isBoolean() ? condition.asBoolean() : null)
        .build();
  }

  private static @Nullable Double number(JsonNode json, String key) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isNumber()) {
      throw new RequestException(key, key + " is " + value + ", wanted a number.");
    }
    return value.asDouble();
  }

  /** These options, and those of a folder where nothing is set. */
  WhisperOptions over(WhisperOptions folder) {
    Builder merged = toBuilder();
    if (merged.compressionRatioThreshold == null) {
      merged.compressionRatioThreshold = folder.compressionRatioThreshold();
    }
    if (merged.logprobThreshold == null) {
      merged.logprobThreshold = folder.logprobThreshold();
    }
    if (merged.noSpeechThreshold == null) {
      // Without a threshold of the log-probability it decides nothing.
      merged.noSpeechThreshold =
          merged.logprobThreshold == null ? null : folder.noSpeechThreshold();
    } else if (merged.logprobThreshold == null) {
      throw new RequestException(
          "noSpeechThreshold",
          "noSpeechThreshold is looked at only where the log-probability is low: give"
              + " logprobThreshold too, -1 for one.");
    }
    if (merged.conditionOnPrevTokens == null) {
      merged.conditionOnPrevTokens = folder.conditionOnPrevTokens();
    }
    if (merged.promptForAllSegments && !Boolean.TRUE.equals(merged.conditionOnPrevTokens)) {
      throw new RequestException(
          "promptForAllSegments",
          "A prompt for all segments stands before what was said before: set"
              + " conditionOnPrevTokens too.");
    }
    return merged.build();
  }

  /** Whether anything is set that makes more of a window than one plain search. */
  boolean anythingSet() {
    return !b.temperatures.isEmpty()
        || b.compressionRatioThreshold != null
        || b.logprobThreshold != null
        || Boolean.TRUE.equals(b.conditionOnPrevTokens);
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    return b.copy();
  }

  /**
   * Temperatures of the attempts at a window, in order; 0 takes the best token. Empty: the temperature of the request, if it has one, then the folder's if it is a list,
   * otherwise 0.
   */
  public List<Double> temperatures() {
    return Collections.unmodifiableList(b.temperatures);
  }

  /** Ids that zlib makes more times smaller than this are tried again; null: as the folder says. */
  public @Nullable Double compressionRatioThreshold() {
    return b.compressionRatioThreshold;
  }

  /** Ids whose mean log-probability is lower are tried again; null: as the folder says. */
  public @Nullable Double logprobThreshold() {
    return b.logprobThreshold;
  }

  /** A window is passed over if the probability of "no speech" is higher and the log-probability below its threshold; null: as the folder says. */
  public @Nullable Double noSpeechThreshold() {
    return b.noSpeechThreshold;
  }

  /** Whether the decoder is told what was said before, except after an attempt at a temperature of 0.5 or more; null: as the folder says. */
  public @Nullable Boolean conditionOnPrevTokens() {
    return b.conditionOnPrevTokens;
  }

  /** A text that the decoder takes for what was said before the sound: names and spellings, or a style; null for none. */
  public @Nullable String prompt() {
    return b.prompt;
  }

  /** The same as ids, {@code <|startofprev|>} first; null for none. */
  public int @Nullable [] promptIds() {
    return b.promptIds == null ? null : b.promptIds.clone();
  }

  /**
   * Whether every window that is told what was said before is told the prompt as well ({@code prompt_condition_type} of transformers: {@code all-segments}); otherwise
   * the prompt stands at the head of what was said before and moves out of sight with it.
   */
  public boolean promptForAllSegments() {
    return b.promptForAllSegments;
  }

  /** Collects options. */
  public static final class Builder {
    private List<Double> temperatures = new ArrayList<>();
    private @Nullable Double compressionRatioThreshold;
    private @Nullable Double logprobThreshold;
    private @Nullable Double noSpeechThreshold;
    private @Nullable Boolean conditionOnPrevTokens;
    private @Nullable String prompt;
    private int @Nullable [] promptIds;
    private boolean promptForAllSegments;

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

    /** Such as 0.6; needs {@link #logprobThreshold}, given or the folder's. */
    public Builder noSpeechThreshold(@Nullable Double value) {
      noSpeechThreshold = value;
      return this;
    }

    /** Tells the decoder what was said before. */
    public Builder conditionOnPrevTokens(@Nullable Boolean value) {
      conditionOnPrevTokens = value;
      return this;
    }

    /** What the decoder takes for said before the sound; takes the place of {@link #promptIds}. */
    public Builder prompt(@Nullable String value) {
      prompt = value;
      promptIds = null;
      return this;
    }

    /** The same as ids, {@code <|startofprev|>} first; takes the place of {@link #prompt}. */
    public Builder promptIds(int... value) {
      promptIds = value.clone();
      prompt = null;
      return this;
    }

    /** Tells the prompt to every window; needs {@link #conditionOnPrevTokens}. */
    public Builder promptForAllSegments(boolean value) {
      promptForAllSegments = value;
      return this;
    }

    private Builder copy() {
      Builder copy = new Builder();
      copy.temperatures = new ArrayList<>(temperatures);
      copy.compressionRatioThreshold = compressionRatioThreshold;
      copy.logprobThreshold = logprobThreshold;
      copy.noSpeechThreshold = noSpeechThreshold;
      copy.conditionOnPrevTokens = conditionOnPrevTokens;
      copy.prompt = prompt;
      copy.promptIds = promptIds;
      copy.promptForAllSegments = promptForAllSegments;
      return copy;
    }

    /**
     * The options.
     *
     * @throws RequestException if a temperature is negative or no number
     */
    public WhisperOptions build() {
      for (double temperature : temperatures) {
        if (!(temperature >= 0) || Double.isInfinite(temperature)) {
          throw new RequestException(
              "temperatures", "A temperature is " + temperature + "; wanted 0 or more.");
        }
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
        + ", prompt="
        + (b.promptIds == null ? b.prompt : Arrays.toString(b.promptIds))
        + ", promptForAllSegments="
        + b.promptForAllSegments
        + "]";
  }
}
