package dev.sampo.samplers.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sampo.error.RequestException;
import dev.sampo.samplers.internal.Checks;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One setting of text generation: its name in {@code generation_config.json}, how it is read, and its default. All settings there are
 * stand here; {@link #find} looks one up by name. Long for being one table.
 *
 * @param <T> type of the value
 */
public final class Setting<T> {
  private static final Map<String, Setting<?>> ALL = new LinkedHashMap<>();

  /** Most ids of a sequence, prompt included; {@code max_new_tokens} wins over it. */
  public static final Setting<Integer> MAX_LENGTH =
      new Setting<>(
          "max_length",
          Setting::integer,
          null,
          "Most ids of a sequence, prompt included; max_new_tokens wins over it");

  /** Most tokens to generate; 20 when neither length is set. */
  public static final Setting<Integer> MAX_NEW_TOKENS =
      new Setting<>(
          "max_new_tokens",
          Setting::integer,
          null,
          "Most tokens to generate; 20 when neither length is set");

  /** Fewest ids of a sequence, prompt included. */
  public static final Setting<Integer> MIN_LENGTH =
      new Setting<>("min_length", Setting::integer, 0, "Fewest ids of a sequence, prompt included");

  /** Fewest tokens to generate. */
  public static final Setting<Integer> MIN_NEW_TOKENS =
      new Setting<>("min_new_tokens", Setting::integer, null, "Fewest tokens to generate");

  /** When beam search ends. */
  public static final Setting<EarlyStopping> EARLY_STOPPING =
      new Setting<>(
          "early_stopping", Setting::earlyStopping, EarlyStopping.NO, "When beam search ends");

  /** Most seconds to generate for. */
  public static final Setting<Double> MAX_TIME =
      new Setting<>("max_time", Setting::number, null, "Most seconds to generate for");

  /** Texts that end a sequence. */
  public static final Setting<List<String>> STOP_STRINGS =
      new Setting<>("stop_strings", Setting::strings, null, "Texts that end a sequence");

  /** Draw the token instead of taking the best. */
  public static final Setting<Boolean> DO_SAMPLE =
      new Setting<>("do_sample", Setting::bool, false, "Draw the token instead of taking the best");

  /** Number of beams; 1 is no beam search. */
  public static final Setting<Integer> NUM_BEAMS =
      new Setting<>("num_beams", Setting::integer, 1, "Number of beams; 1 is no beam search");

  /** Groups of diverse beam search. */
  public static final Setting<Integer> NUM_BEAM_GROUPS =
      new Setting<>("num_beam_groups", Setting::integer, 1, "Groups of diverse beam search");

  /** Penalty of diverse beam search. */
  public static final Setting<Double> DIVERSITY_PENALTY =
      new Setting<>("diversity_penalty", Setting::number, 0.0, "Penalty of diverse beam search");

  /** Degeneration penalty of contrastive search. */
  public static final Setting<Double> PENALTY_ALPHA =
      new Setting<>(
          "penalty_alpha", Setting::number, null, "Degeneration penalty of contrastive search");

  /** Keep keys and values between steps. */
  public static final Setting<Boolean> USE_CACHE =
      new Setting<>("use_cache", Setting::bool, true, "Keep keys and values between steps");

  /** Divides the scores when sampling. */
  public static final Setting<Double> TEMPERATURE =
      new Setting<>("temperature", Setting::number, 1.0, "Divides the scores when sampling");

  /** Keep the k best tokens when sampling; 0 keeps all. */
  public static final Setting<Integer> TOP_K =
      new Setting<>(
          "top_k", Setting::integer, 50, "Keep the k best tokens when sampling; 0 keeps all");

  /** Keep the smallest set of this probability when sampling. */
  public static final Setting<Double> TOP_P =
      new Setting<>(
          "top_p", Setting::number, 1.0, "Keep the smallest set of this probability when sampling");

  /** Drop what is less probable than this share of the best. */
  public static final Setting<Double> MIN_P =
      new Setting<>(
          "min_p", Setting::number, null, "Drop what is less probable than this share of the best");

  /** Keep the best tokens up to this share of the entropy. */
  public static final Setting<Double> TOP_H =
      new Setting<>(
          "top_h", Setting::number, null, "Keep the best tokens up to this share of the entropy");

  /** Mass of locally typical sampling. */
  public static final Setting<Double> TYPICAL_P =
      new Setting<>("typical_p", Setting::number, 1.0, "Mass of locally typical sampling");

  /** Drop what is less probable. */
  public static final Setting<Double> EPSILON_CUTOFF =
      new Setting<>("epsilon_cutoff", Setting::number, 0.0, "Drop what is less probable");

  /** Entropy-dependent cut-off. */
  public static final Setting<Double> ETA_CUTOFF =
      new Setting<>("eta_cutoff", Setting::number, 0.0, "Entropy-dependent cut-off");

  /** Above 1 discourages tokens that are there already. */
  public static final Setting<Double> REPETITION_PENALTY =
      new Setting<>(
          "repetition_penalty",
          Setting::number,
          1.0,
          "Above 1 discourages tokens that are there already");

  /** Above 1 favours tokens of the source. */
  public static final Setting<Double> ENCODER_REPETITION_PENALTY =
      new Setting<>(
          "encoder_repetition_penalty",
          Setting::number,
          1.0,
          "Above 1 favours tokens of the source");

  /** Subtracted once from what was generated (OpenAI API). */
  public static final Setting<Double> PRESENCE_PENALTY =
      new Setting<>(
          "presence_penalty",
          Setting::number,
          0.0,
          "Subtracted once from what was generated (OpenAI API)");

  /** Subtracted for each time it was generated (OpenAI API). */
  public static final Setting<Double> FREQUENCY_PENALTY =
      new Setting<>(
          "frequency_penalty",
          Setting::number,
          0.0,
          "Subtracted for each time it was generated (OpenAI API)");

  /** Power of the length that divides a beam's score. */
  public static final Setting<Double> LENGTH_PENALTY =
      new Setting<>(
          "length_penalty",
          Setting::number,
          1.0,
          "Power of the length that divides a beam's score");

  /** N-grams of this size occur once. */
  public static final Setting<Integer> NO_REPEAT_NGRAM_SIZE =
      new Setting<>("no_repeat_ngram_size", Setting::integer, 0, "N-grams of this size occur once");

  /** N-grams of the source of this size do not occur. */
  public static final Setting<Integer> ENCODER_NO_REPEAT_NGRAM_SIZE =
      new Setting<>(
          "encoder_no_repeat_ngram_size",
          Setting::integer,
          0,
          "N-grams of the source of this size do not occur");

  /** Token sequences that may not occur. */
  public static final Setting<List<List<Integer>>> BAD_WORDS_IDS =
      new Setting<>("bad_words_ids", Setting::intLists, null, "Token sequences that may not occur");

  /** Normalise again after all processors. */
  public static final Setting<Boolean> RENORMALIZE_LOGITS =
      new Setting<>(
          "renormalize_logits", Setting::bool, false, "Normalise again after all processors");

  /** First token after the start token. */
  public static final Setting<Integer> FORCED_BOS_TOKEN_ID =
      new Setting<>(
          "forced_bos_token_id", Setting::integer, null, "First token after the start token");

  /** Last token when the maximal length is reached. */
  public static final Setting<List<Integer>> FORCED_EOS_TOKEN_ID =
      new Setting<>(
          "forced_eos_token_id",
          Setting::ints,
          null,
          "Last token when the maximal length is reached");

  /** Replace NaN and infinities. */
  public static final Setting<Boolean> REMOVE_INVALID_VALUES =
      new Setting<>("remove_invalid_values", Setting::bool, false, "Replace NaN and infinities");

  /** Start and factor of the growing push towards the end. */
  public static final Setting<LengthDecay> EXPONENTIAL_DECAY_LENGTH_PENALTY =
      new Setting<>(
          "exponential_decay_length_penalty",
          Setting::lengthDecay,
          null,
          "Start and factor of the growing push towards the end");

  /** Tokens that never occur. */
  public static final Setting<List<Integer>> SUPPRESS_TOKENS =
      new Setting<>("suppress_tokens", Setting::ints, null, "Tokens that never occur");

  /** Tokens that do not come first. */
  public static final Setting<List<Integer>> BEGIN_SUPPRESS_TOKENS =
      new Setting<>("begin_suppress_tokens", Setting::ints, null, "Tokens that do not come first");

  /** What is added to tokens that complete a sequence. */
  public static final Setting<List<Bias>> SEQUENCE_BIAS =
      new Setting<>(
          "sequence_bias",
          Setting::biases,
          null,
          "What is added to tokens that complete a sequence");

  /** Scale of classifier-free guidance. */
  public static final Setting<Double> GUIDANCE_SCALE =
      new Setting<>("guidance_scale", Setting::number, null, "Scale of classifier-free guidance");

  /** Sequences a prompt. */
  public static final Setting<Integer> NUM_RETURN_SEQUENCES =
      new Setting<>("num_return_sequences", Setting::integer, 1, "Sequences a prompt");

  /** Return the processed scores of each step. */
  public static final Setting<Boolean> OUTPUT_SCORES =
      new Setting<>(
          "output_scores", Setting::bool, false, "Return the processed scores of each step");

  /** Return the unprocessed scores of each step. */
  public static final Setting<Boolean> OUTPUT_LOGITS =
      new Setting<>(
          "output_logits", Setting::bool, false, "Return the unprocessed scores of each step");

  /** Fills sequences that ended early. */
  public static final Setting<Integer> PAD_TOKEN_ID =
      new Setting<>("pad_token_id", Setting::integer, null, "Fills sequences that ended early");

  /** Begins a sequence without a prompt. */
  public static final Setting<Integer> BOS_TOKEN_ID =
      new Setting<>("bos_token_id", Setting::integer, null, "Begins a sequence without a prompt");

  /** Tokens that end a sequence. */
  public static final Setting<List<Integer>> EOS_TOKEN_ID =
      new Setting<>("eos_token_id", Setting::ints, null, "Tokens that end a sequence");

  /** First id of an encoder-decoder's output. */
  public static final Setting<Integer> DECODER_START_TOKEN_ID =
      new Setting<>(
          "decoder_start_token_id",
          Setting::integer,
          null,
          "First id of an encoder-decoder's output");

  /** Tokens a draft model proposes at once. */
  public static final Setting<Integer> NUM_ASSISTANT_TOKENS =
      new Setting<>(
          "num_assistant_tokens", Setting::integer, 20, "Tokens a draft model proposes at once");

  /** A draft ends when its token is less probable. */
  public static final Setting<Double> ASSISTANT_CONFIDENCE_THRESHOLD =
      new Setting<>(
          "assistant_confidence_threshold",
          Setting::number,
          0.4,
          "A draft ends when its token is less probable");

  /** Tokens that prompt lookup proposes at once. */
  public static final Setting<Integer> PROMPT_LOOKUP_NUM_TOKENS =
      new Setting<>(
          "prompt_lookup_num_tokens",
          Setting::integer,
          null,
          "Tokens that prompt lookup proposes at once");

  /** Longest match of prompt lookup. */
  public static final Setting<Integer> MAX_MATCHING_NGRAM_SIZE =
      new Setting<>(
          "max_matching_ngram_size", Setting::integer, 2, "Longest match of prompt lookup");

  /** Prompt tokens a run. */
  public static final Setting<Integer> PREFILL_CHUNK_SIZE =
      new Setting<>("prefill_chunk_size", Setting::integer, null, "Prompt tokens a run");

  /** Whisper: the token that switches timestamps off. */
  public static final Setting<Integer> NO_TIMESTAMPS_TOKEN_ID =
      new Setting<>(
          "no_timestamps_token_id",
          Setting::integer,
          null,
          "Whisper: the token that switches timestamps off");

  /** Whisper: latest first timestamp. */
  public static final Setting<Integer> MAX_INITIAL_TIMESTAMP_INDEX =
      new Setting<>(
          "max_initial_timestamp_index", Setting::integer, null, "Whisper: latest first timestamp");

  /** Whisper: apply the rules of timestamp tokens. */
  public static final Setting<Boolean> RETURN_TIMESTAMPS =
      new Setting<>(
          "return_timestamps",
          Setting::bool,
          false,
          "Whisper: apply the rules of timestamp tokens");

  /** Whisper: language of the speech, {@code en} for one. */
  public static final Setting<String> LANGUAGE =
      new Setting<>(
          "language",
          Setting::text,
          null,
          "Whisper: language of the speech, such as en; found out if not given");

  /** Whisper: transcribe, or translate to English. */
  public static final Setting<String> TASK =
      new Setting<>("task", Setting::text, null, "Whisper: transcribe, or translate to English");

  /** Whisper: the token of each language. */
  public static final Setting<Map<String, Integer>> LANG_TO_ID =
      new Setting<>("lang_to_id", Setting::table, null, "Whisper: the token of each language");

  /** Whisper: the token of each task. */
  public static final Setting<Map<String, Integer>> TASK_TO_ID =
      new Setting<>("task_to_id", Setting::table, null, "Whisper: the token of each task");

  /** Whisper's older way to state language and task: [position, id] from 1 on, -1 for a language that is found out. */
  public static final Setting<List<List<Integer>>> FORCED_DECODER_IDS =
      new Setting<>(
          "forced_decoder_ids",
          Setting::positions,
          null,
          "Whisper: ids that the decoder begins with, by position; language and task win over them");

  private final String key;
  private final Function<JsonNode, T> reader;
  private final @Nullable T defaultValue;
  private final String description;

  private Setting(
      String key, Function<JsonNode, T> reader, @Nullable T defaultValue, String description) {
    this.key = key;
    this.reader = reader;
    this.defaultValue = defaultValue;
    this.description = description;
    ALL.put(key, this);
  }

  /** All settings, in the order of the list above. */
  public static Collection<Setting<?>> all() {
    return Collections.unmodifiableCollection(ALL.values());
  }

  /** The setting with a name of {@code generation_config.json}, or null. */
  public static @Nullable Setting<?> find(String key) {
    return ALL.get(key);
  }

  /** The name in {@code generation_config.json}, {@code max_new_tokens} for one. */
  public String key() {
    return key;
  }

  /** What holds when nothing is set; null if there is no default. */
  public @Nullable T defaultValue() {
    return defaultValue;
  }

  /** Whether it is a table that belongs to a model's file and not on a command line. */
  public boolean isTable() {
    return this == (Setting<?>) LANG_TO_ID
        || this == (Setting<?>) TASK_TO_ID
        || this == (Setting<?>) FORCED_DECODER_IDS;
  }

  /** One line for a help text. */
  public String description() {
    return description;
  }

  /** Its name as the builders spell it: {@code topK} of {@code top_k}. */
  public String option() {
    return Objects.requireNonNull(Checks.option(key));
  }

  /**
   * Reads a JSON value.
   *
   * @throws RequestException if it has another type than this setting
   */
  public T read(JsonNode value) {
    try {
      return reader.apply(value);
    } catch (IllegalArgumentException e) {
      throw new RequestException(option(), key + " is " + value + ", but " + e.getMessage(), e);
    }
  }

  /**
   * Reads a value as it is written on a command line: JSON, or ids with commas between them, or plain text.
   *
   * @throws RequestException if it cannot be read as this setting
   */
  public T readText(String text) {
    JsonNode node;
    try {
      node = new ObjectMapper().readTree(text);
    } catch (java.io.IOException e) {
      node = null;
    }
    if (node == null
        || node.isMissingNode()
        || this == (Setting<?>) STOP_STRINGS && !node.isArray()) {
      node =
          text.matches("[0-9]+(,[0-9]+)+") ? idList(text) : JsonNodeFactory.instance.textNode(text);
    }
    return read(node);
  }

  private static ArrayNode idList(String text) {
    ArrayNode ids = JsonNodeFactory.instance.arrayNode();
    for (String id : text.split(",")) {
      ids.add(Integer.parseInt(id));
    }
    return ids;
  }

  @Override
  public String toString() {
    return key;
  }

  private static Integer integer(JsonNode value) {
    if (value.isNumber() && value.doubleValue() == value.intValue()) {
      return value.intValue();
    }
    throw new IllegalArgumentException("must be a whole number.");
  }

  private static Double number(JsonNode value) {
    if (value.isNumber()) {
      return value.doubleValue();
    }
    throw new IllegalArgumentException("must be a number.");
  }

  private static Boolean bool(JsonNode value) {
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    throw new IllegalArgumentException("must be true or false.");
  }

  private static EarlyStopping earlyStopping(JsonNode value) {
    if (value.isBoolean()) {
      return value.booleanValue() ? EarlyStopping.YES : EarlyStopping.NO;
    }
    if (value.asText().equals("never")) {
      return EarlyStopping.NEVER;
    }
    throw new IllegalArgumentException("must be true, false or \"never\".");
  }

  private static String text(JsonNode value) {
    if (value.isTextual()) {
      return value.textValue();
    }
    throw new IllegalArgumentException("must be a text.");
  }

  private static Map<String, Integer> table(JsonNode value) {
    if (!value.isObject()) {
      throw new IllegalArgumentException("must be an object of ids.");
    }
    Map<String, Integer> table = new LinkedHashMap<>();
    value.fields().forEachRemaining(entry -> table.put(entry.getKey(), integer(entry.getValue())));
    return Collections.unmodifiableMap(table);
  }

  private static List<String> strings(JsonNode value) {
    List<String> strings = new ArrayList<>();
    for (JsonNode item : items(value)) {
      if (!item.isTextual()) {
        throw new IllegalArgumentException("must be a text or a list of texts.");
      }
      strings.add(item.textValue());
    }
    return Collections.unmodifiableList(strings);
  }

  private static List<Integer> ints(JsonNode value) {
    List<Integer> ints = new ArrayList<>();
    for (JsonNode item : items(value)) {
      ints.add(integer(item));
    }
    return Collections.unmodifiableList(ints);
  }

  private static List<List<Integer>> intLists(JsonNode value) {
    List<List<Integer>> lists = new ArrayList<>();
    for (JsonNode item : items(value)) {
      lists.add(ints(item));
    }
    return Collections.unmodifiableList(lists);
  }

  private static List<List<Integer>> positions(JsonNode value) {
    List<List<Integer>> positions = new ArrayList<>();
    for (JsonNode item : items(value)) {
      if (!item.isArray() || item.size() != 2) {
        throw new IllegalArgumentException("must be a list of [position, id].");
      }
      int id = item.get(1).isNull() ? -1 : integer(item.get(1));
      positions.add(List.of(integer(item.get(0)), id));
    }
    return Collections.unmodifiableList(positions);
  }

  private static List<Bias> biases(JsonNode value) {
    List<Bias> biases = new ArrayList<>();
    for (JsonNode item : items(value)) {
      if (!item.isArray() || item.size() != 2) {
        throw new IllegalArgumentException("must be a list of [[ids], bias].");
      }
      biases.add(new Bias(ints(item.get(0)), number(item.get(1))));
    }
    return Collections.unmodifiableList(biases);
  }

  private static LengthDecay lengthDecay(JsonNode value) {
    if (!value.isArray() || value.size() != 2) {
      throw new IllegalArgumentException("must be [start, factor].");
    }
    return new LengthDecay(integer(value.get(0)), number(value.get(1)));
  }

  private static Iterable<JsonNode> items(JsonNode value) {
    return value.isArray() ? value : Collections.singletonList(value);
  }

  /** When beam search ends. */
  public enum EarlyStopping {
    /** As soon as it is unlikely that something better comes. */
    NO,
    /** As soon as there are as many finished sequences as beams. */
    YES,
    /** Only when nothing better can come. */
    NEVER
  }

  /**
   * What is added to the last token of a sequence when the others precede it.
   *
   * @param tokenIds the sequence
   * @param bias what is added
   */
  public record Bias(List<Integer> tokenIds, double bias) {
    public Bias {
      tokenIds = List.copyOf(tokenIds);
    }
  }

  /**
   * The growing push towards an end token.
   *
   * @param startIndex number of generated tokens after which it begins
   * @param factor base of the power
   */
  public record LengthDecay(int startIndex, double factor) {}
}
