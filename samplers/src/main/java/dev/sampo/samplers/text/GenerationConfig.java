package dev.sampo.samplers.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.error.RequestException;
import dev.sampo.samplers.internal.Checks;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The settings of text generation, immutable. They are spelled as in {@code generation_config.json}; {@link Setting} lists them all.
 * A setting that is not set has its default, except where two configurations are laid over each other ({@link #overriddenBy}): there
 * only what is set counts. The named setters of the builder make the file long.
 *
 * <pre>{@code
 * GenerationConfig config =
 *     GenerationConfig.builder().maxNewTokens(50).doSample(true).temperature(0.8).build();
 * }</pre>
 */
public final class GenerationConfig {
  private static final GenerationConfig EMPTY = new GenerationConfig(Collections.emptyMap());

  /** Keys of the reference that say nothing about the result here. */
  private static final Set<String> SILENT =
      Set.of(
          "transformers_version",
          "_from_model_config",
          "_commit_hash",
          "return_dict_in_generate",
          "output_attentions",
          "output_hidden_states",
          "cache_implementation",
          "cache_config",
          "max_cache_len",
          "compile_config",
          "disable_compile",
          "num_assistant_tokens_schedule",
          "assistant_lookbehind",
          "target_lookbehind",
          "is_assistant",
          "continuous_batching_config",
          "is_multilingual",
          "alignment_heads",
          "median_filter_width",
          "prev_sot_token_id",
          "compression_ratio_threshold",
          "logprob_threshold",
          "no_speech_threshold",
          "condition_on_prev_tokens",
          "prompt_condition_type");

  /** Keys of the reference that would change the result and are not supported: an error unless null or false. */
  private static final Set<String> REFUSED =
      Set.of(
          "constraints",
          "force_words_ids",
          "dola_layers",
          "token_healing",
          "watermarking_config",
          "use_mtp",
          "assistant_early_exit",
          "assistant_ensemble_weight",
          "speculation_type",
          "low_memory");

  private final Map<Setting<?>, Object> values;

  private GenerationConfig(Map<Setting<?>, Object> values) {
    this.values = values;
  }

  /** Nothing set. */
  public static GenerationConfig defaults() {
    return EMPTY;
  }

  public static Builder builder() {
    return new Builder();
  }

  /**
   * Reads a {@code generation_config.json}.
   *
   * @param json the text of the file
   * @param warnings receives one line about keys that are unknown and one for each setting without effect
   * @throws RequestException if a value has the wrong type or is out of range, or a setting is not supported
   */
  public static GenerationConfig parse(String json, Consumer<String> warnings) {
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new RequestException(
          null, "The generation configuration is not JSON: " + e.getMessage(), e);
    }
    return parse(root, warnings);
  }

  /** {@link #parse(String, Consumer)} for JSON that was read already. */
  public static GenerationConfig parse(JsonNode root, Consumer<String> warnings) {
    Builder builder = builder();
    TreeSet<String> unknown = new TreeSet<>();
    for (Iterator<Map.Entry<String, JsonNode>> fields = root.fields(); fields.hasNext(); ) {
      Map.Entry<String, JsonNode> field = fields.next();
      if (!builder.set(field.getKey(), field.getValue())) {
        unknown.add(field.getKey());
      }
    }
    if (!unknown.isEmpty()) {
      warnings.accept(
          "Unknown keys of the generation configuration are ignored: "
              + String.join(", ", unknown));
    }
    GenerationConfig config = builder.build();
    config.withoutEffect().forEach(warnings);
    return config;
  }

  /** The value of a setting, its default if it is not set; null if there is neither. */
  @SuppressWarnings("unchecked")
  public <T> @Nullable T find(Setting<T> setting) {
    Object value = values.get(setting);
    return value == null ? setting.defaultValue() : (T) value;
  }

  /**
   * The value of a setting that is set or has a default.
   *
   * @throws IllegalStateException if there is neither
   */
  public <T> T get(Setting<T> setting) {
    T value = find(setting);
    if (value == null) {
      throw new IllegalStateException(setting + " is not set and has no default.");
    }
    return value;
  }

  /** Whether a setting was set. */
  public boolean isSet(Setting<?> setting) {
    return values.containsKey(setting);
  }

  /** The settings that were set. */
  public Set<Setting<?>> settings() {
    return Collections.unmodifiableSet(values.keySet());
  }

  /** This configuration with everything replaced that the other one sets. */
  public GenerationConfig overriddenBy(GenerationConfig other) {
    return toBuilder().setAll(other).build();
  }

  /** A builder that begins with these settings. */
  public Builder toBuilder() {
    return builder().setAll(this);
  }

  /** End tokens; empty if there are none. */
  public int[] eosTokenIds() {
    return ints(Setting.EOS_TOKEN_ID);
  }

  /** A list of ids as an array, empty if it is not set. */
  public int[] ints(Setting<List<Integer>> setting) {
    List<Integer> list = find(setting);
    int[] ids = new int[list == null ? 0 : list.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = Objects.requireNonNull(list).get(i);
    }
    return ids;
  }

  /** The id that fills ended rows: the pad token, else the first end token, else 0. */
  public int fillTokenId() {
    Integer pad = find(Setting.PAD_TOKEN_ID);
    int[] eos = eosTokenIds();
    return pad != null ? pad : eos.length > 0 ? eos[0] : 0;
  }

  /**
   * Most ids of a sequence.
   *
   * @param promptLength ids of the prompt, padding included
   * @param maxPositions what the model can hold, {@link Integer#MAX_VALUE} if unknown; counts only for the default length
   * @throws RequestException if the prompt alone is that long
   */
  public int maxLength(int promptLength, int maxPositions) {
    Integer maxNewTokens = find(Setting.MAX_NEW_TOKENS);
    Integer maxLength = find(Setting.MAX_LENGTH);
    int most =
        maxNewTokens != null
            ? promptLength + maxNewTokens
            : maxLength != null ? maxLength : Math.min(promptLength + 20, maxPositions);
    if (promptLength >= most) {
      throw new RequestException(
          "maxNewTokens",
          "The prompt has "
              + promptLength
              + " ids and max_length is "
              + most
              + ": nothing could be generated. Set max_new_tokens.");
    }
    return most;
  }

  /** Fewest ids of a sequence, prompt included. */
  public int minLength(int promptLength) {
    Integer minNewTokens = find(Setting.MIN_NEW_TOKENS);
    return minNewTokens != null ? minNewTokens + promptLength : get(Setting.MIN_LENGTH);
  }

  /**
   * This configuration, if its settings go together.
   *
   * @throws RequestException if they contradict each other; the message names both
   */
  public GenerationConfig checked() {
    ConfigChecks.contradictions(this);
    return this;
  }

  /** One line for each setting that has no effect beside the others. */
  public List<String> withoutEffect() {
    return ConfigChecks.withoutEffect(this);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof GenerationConfig && values.equals(((GenerationConfig) other).values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }

  /** Collects settings; {@link #build} checks them. */
  public static final class Builder {
    private final Map<Setting<?>, Object> values = new LinkedHashMap<>();

    private Builder() {}

    /** Sets any setting. */
    public <T> Builder set(Setting<T> setting, T value) {
      values.put(setting, value);
      return this;
    }

    /**
     * Sets a setting by its name in {@code generation_config.json}; null unsets it.
     *
     * @return false if there is no such name
     * @throws RequestException if the value has the wrong type or the setting is not supported
     */
    public boolean set(String key, JsonNode value) {
      Setting<?> setting = Setting.find(key);
      if (setting == null) {
        if (REFUSED.contains(key)
            && !value.isNull()
            && !(value.isBoolean() && !value.booleanValue())) {
          throw new RequestException(
              Checks.option(key), key + " is not supported (got " + value + "). Remove it.");
        }
        return SILENT.contains(key) || REFUSED.contains(key);
      }
      if (value.isNull()) {
        values.remove(setting);
      } else {
        values.put(setting, setting.read(value));
      }
      return true;
    }

    /** Sets a setting from text as it stands on a command line. */
    public Builder setText(Setting<?> setting, String text) {
      values.put(setting, setting.readText(text));
      return this;
    }

    /** Takes over all that another configuration sets. */
    public Builder setAll(GenerationConfig other) {
      values.putAll(other.values);
      return this;
    }

    /** Most ids of a sequence, prompt included; {@code max_new_tokens} wins over it. */
    public Builder maxLength(int maxLength) {
      return set(Setting.MAX_LENGTH, maxLength);
    }

    /** Most tokens to generate; 20 when neither length is set. */
    public Builder maxNewTokens(int maxNewTokens) {
      return set(Setting.MAX_NEW_TOKENS, maxNewTokens);
    }

    /** Fewest ids of a sequence, prompt included. */
    public Builder minLength(int minLength) {
      return set(Setting.MIN_LENGTH, minLength);
    }

    /** Fewest tokens to generate. */
    public Builder minNewTokens(int minNewTokens) {
      return set(Setting.MIN_NEW_TOKENS, minNewTokens);
    }

    /** When beam search ends. */
    public Builder earlyStopping(Setting.EarlyStopping earlyStopping) {
      return set(Setting.EARLY_STOPPING, earlyStopping);
    }

    /** Most seconds to generate for. */
    public Builder maxTime(double maxTime) {
      return set(Setting.MAX_TIME, maxTime);
    }

    /** Texts that end a sequence; they are not in its text, but their ids are. */
    public Builder stopStrings(String... stopStrings) {
      return set(Setting.STOP_STRINGS, List.of(stopStrings));
    }

    /** Draw the token instead of taking the best. */
    public Builder doSample(boolean doSample) {
      return set(Setting.DO_SAMPLE, doSample);
    }

    /** Number of beams; 1 is no beam search. */
    public Builder numBeams(int numBeams) {
      return set(Setting.NUM_BEAMS, numBeams);
    }

    /** Groups of diverse beam search. */
    public Builder numBeamGroups(int numBeamGroups) {
      return set(Setting.NUM_BEAM_GROUPS, numBeamGroups);
    }

    /** Penalty of diverse beam search. */
    public Builder diversityPenalty(double diversityPenalty) {
      return set(Setting.DIVERSITY_PENALTY, diversityPenalty);
    }

    /** Degeneration penalty of contrastive search. */
    public Builder penaltyAlpha(double penaltyAlpha) {
      return set(Setting.PENALTY_ALPHA, penaltyAlpha);
    }

    /** Keep keys and values between steps. */
    public Builder useCache(boolean useCache) {
      return set(Setting.USE_CACHE, useCache);
    }

    /** Divides the scores when sampling. */
    public Builder temperature(double temperature) {
      return set(Setting.TEMPERATURE, temperature);
    }

    /** Keep the k best tokens when sampling; 0 keeps all. */
    public Builder topK(int topK) {
      return set(Setting.TOP_K, topK);
    }

    /** Keep the smallest set of this probability when sampling. */
    public Builder topP(double topP) {
      return set(Setting.TOP_P, topP);
    }

    /** Drop what is less probable than this share of the best. */
    public Builder minP(double minP) {
      return set(Setting.MIN_P, minP);
    }

    /** Keep the best tokens up to this share of the entropy. */
    public Builder topH(double topH) {
      return set(Setting.TOP_H, topH);
    }

    /** Mass of locally typical sampling. */
    public Builder typicalP(double typicalP) {
      return set(Setting.TYPICAL_P, typicalP);
    }

    /** Drop what is less probable. */
    public Builder epsilonCutoff(double epsilonCutoff) {
      return set(Setting.EPSILON_CUTOFF, epsilonCutoff);
    }

    /** Entropy-dependent cut-off. */
    public Builder etaCutoff(double etaCutoff) {
      return set(Setting.ETA_CUTOFF, etaCutoff);
    }

    /** Above 1 discourages tokens that are there already. */
    public Builder repetitionPenalty(double repetitionPenalty) {
      return set(Setting.REPETITION_PENALTY, repetitionPenalty);
    }

    /** Above 1 favours tokens of the source. */
    public Builder encoderRepetitionPenalty(double encoderRepetitionPenalty) {
      return set(Setting.ENCODER_REPETITION_PENALTY, encoderRepetitionPenalty);
    }

    /** Subtracted once from what was generated (OpenAI API). */
    public Builder presencePenalty(double presencePenalty) {
      return set(Setting.PRESENCE_PENALTY, presencePenalty);
    }

    /** Subtracted for each time it was generated (OpenAI API). */
    public Builder frequencyPenalty(double frequencyPenalty) {
      return set(Setting.FREQUENCY_PENALTY, frequencyPenalty);
    }

    /** Power of the length that divides a beam's score. */
    public Builder lengthPenalty(double lengthPenalty) {
      return set(Setting.LENGTH_PENALTY, lengthPenalty);
    }

    /** N-grams of this size occur once. */
    public Builder noRepeatNgramSize(int noRepeatNgramSize) {
      return set(Setting.NO_REPEAT_NGRAM_SIZE, noRepeatNgramSize);
    }

    /** N-grams of the source of this size do not occur. */
    public Builder encoderNoRepeatNgramSize(int encoderNoRepeatNgramSize) {
      return set(Setting.ENCODER_NO_REPEAT_NGRAM_SIZE, encoderNoRepeatNgramSize);
    }

    /** Token sequences that may not occur. */
    public Builder badWordsIds(List<List<Integer>> badWordsIds) {
      return set(Setting.BAD_WORDS_IDS, badWordsIds);
    }

    /** Normalise again after all processors. */
    public Builder renormalizeLogits(boolean renormalizeLogits) {
      return set(Setting.RENORMALIZE_LOGITS, renormalizeLogits);
    }

    /** First token after the start token. */
    public Builder forcedBosTokenId(int forcedBosTokenId) {
      return set(Setting.FORCED_BOS_TOKEN_ID, forcedBosTokenId);
    }

    /** Last token when the maximal length is reached. */
    public Builder forcedEosTokenId(Integer... forcedEosTokenId) {
      return set(Setting.FORCED_EOS_TOKEN_ID, List.of(forcedEosTokenId));
    }

    /** Replace NaN and infinities. */
    public Builder removeInvalidValues(boolean removeInvalidValues) {
      return set(Setting.REMOVE_INVALID_VALUES, removeInvalidValues);
    }

    /** Start and factor of the growing push towards the end. */
    public Builder exponentialDecayLengthPenalty(
        Setting.LengthDecay exponentialDecayLengthPenalty) {
      return set(Setting.EXPONENTIAL_DECAY_LENGTH_PENALTY, exponentialDecayLengthPenalty);
    }

    /** Tokens that never occur. */
    public Builder suppressTokens(Integer... suppressTokens) {
      return set(Setting.SUPPRESS_TOKENS, List.of(suppressTokens));
    }

    /** Tokens that do not come first. */
    public Builder beginSuppressTokens(Integer... beginSuppressTokens) {
      return set(Setting.BEGIN_SUPPRESS_TOKENS, List.of(beginSuppressTokens));
    }

    /** What is added to tokens that complete a sequence. */
    public Builder sequenceBias(List<Setting.Bias> sequenceBias) {
      return set(Setting.SEQUENCE_BIAS, sequenceBias);
    }

    /** Scale of classifier-free guidance. */
    public Builder guidanceScale(double guidanceScale) {
      return set(Setting.GUIDANCE_SCALE, guidanceScale);
    }

    /** Sequences a prompt. */
    public Builder numReturnSequences(int numReturnSequences) {
      return set(Setting.NUM_RETURN_SEQUENCES, numReturnSequences);
    }

    /** Return the processed scores of each step. */
    public Builder outputScores(boolean outputScores) {
      return set(Setting.OUTPUT_SCORES, outputScores);
    }

    /** Return the unprocessed scores of each step. */
    public Builder outputLogits(boolean outputLogits) {
      return set(Setting.OUTPUT_LOGITS, outputLogits);
    }

    /** Fills sequences that ended early. */
    public Builder padTokenId(int padTokenId) {
      return set(Setting.PAD_TOKEN_ID, padTokenId);
    }

    /** Begins a sequence without a prompt. */
    public Builder bosTokenId(int bosTokenId) {
      return set(Setting.BOS_TOKEN_ID, bosTokenId);
    }

    /** Tokens that end a sequence. */
    public Builder eosTokenId(Integer... eosTokenId) {
      return set(Setting.EOS_TOKEN_ID, List.of(eosTokenId));
    }

    /** First id of an encoder-decoder's output. */
    public Builder decoderStartTokenId(int decoderStartTokenId) {
      return set(Setting.DECODER_START_TOKEN_ID, decoderStartTokenId);
    }

    /** Tokens a draft model proposes at once. */
    public Builder numAssistantTokens(int numAssistantTokens) {
      return set(Setting.NUM_ASSISTANT_TOKENS, numAssistantTokens);
    }

    /** A draft ends when its token is less probable. */
    public Builder assistantConfidenceThreshold(double assistantConfidenceThreshold) {
      return set(Setting.ASSISTANT_CONFIDENCE_THRESHOLD, assistantConfidenceThreshold);
    }

    /** Tokens that prompt lookup proposes at once. */
    public Builder promptLookupNumTokens(int promptLookupNumTokens) {
      return set(Setting.PROMPT_LOOKUP_NUM_TOKENS, promptLookupNumTokens);
    }

    /** Longest match of prompt lookup. */
    public Builder maxMatchingNgramSize(int maxMatchingNgramSize) {
      return set(Setting.MAX_MATCHING_NGRAM_SIZE, maxMatchingNgramSize);
    }

    /** Prompt tokens a run. */
    public Builder prefillChunkSize(int prefillChunkSize) {
      return set(Setting.PREFILL_CHUNK_SIZE, prefillChunkSize);
    }

    /** Whisper: the token that switches timestamps off. */
    public Builder noTimestampsTokenId(int noTimestampsTokenId) {
      return set(Setting.NO_TIMESTAMPS_TOKEN_ID, noTimestampsTokenId);
    }

    /** Whisper: latest first timestamp. */
    public Builder maxInitialTimestampIndex(int maxInitialTimestampIndex) {
      return set(Setting.MAX_INITIAL_TIMESTAMP_INDEX, maxInitialTimestampIndex);
    }

    /** Whisper: language of the speech. */
    public Builder language(String language) {
      return set(Setting.LANGUAGE, language);
    }

    /** Whisper: transcribe or translate. */
    public Builder task(String task) {
      return set(Setting.TASK, task);
    }

    /** Whisper: apply the rules of timestamp tokens. */
    public Builder returnTimestamps(boolean returnTimestamps) {
      return set(Setting.RETURN_TIMESTAMPS, returnTimestamps);
    }

    /**
     * The configuration.
     *
     * @throws RequestException if a value is out of range; contradictions are looked for when all settings are together, by
     *     {@link GenerationConfig#checked}
     */
    public GenerationConfig build() {
      GenerationConfig config =
          new GenerationConfig(Collections.unmodifiableMap(new LinkedHashMap<>(values)));
      ConfigChecks.ranges(config);
      return config;
    }
  }
}
