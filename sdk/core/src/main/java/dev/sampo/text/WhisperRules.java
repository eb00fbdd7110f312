package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.processor.WhisperTimestamps;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.TextModel;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is Whisper's own: what its decoder begins with (start, language, task, and the token that switches timestamps off), and the rules of
 * timestamp tokens; Radford et al. 2022, arXiv:2212.04356, section 2.3. Where no language is given, the most probable one after the start token is
 * taken, for each sound on its own.
 */
final class WhisperRules {
  private static final int UNKNOWN = -1;

  /**
   * What long-form transcription has to know of a Whisper folder.
   *
   * @param windowFrames frames that the encoder reads at once; 0 where the model has no such window
   * @param targetPositions positions of the decoder
   * @param previousId the token before what was said before, -1 if not known
   * @param options thresholds and the like of its generation_config.json
   */
  record Sizes(int windowFrames, int targetPositions, int previousId, WhisperOptions options) {
    /** Frames that the encoder's convolutions make one position of. */
    static final int STRIDE = 2;

    /**
     * Those of a folder.
     *
     * @param config config.json, with sampo.json over it
     * @throws ModelException if a value of generation_config.json is of the wrong kind
     */
    static Sizes of(ModelFolder folder, JsonNode config) {
      try {
        return of(config, folder.jsonOrEmpty("generation_config.json"));
      } catch (RequestException e) {
        Path file = folder.root().resolve("generation_config.json");
        throw new ModelException(file, file + ": " + e.getMessage(), e);
      }
    }

    private static Sizes of(JsonNode config, JsonNode generationConfig) {
      int windowFrames = STRIDE * config.path("max_source_positions").asInt(0);
      return new Sizes(
          windowFrames,
          config.path("max_target_positions").asInt(448),
          generationConfig.path("prev_sot_token_id").asInt(-1),
          windowFrames == 0
              ? WhisperOptions.defaults()
              : WhisperOptions.ofFolder(generationConfig));
    }
  }

  /** generation_config.json without a list of temperatures, which is for the attempts at a window of sound. */
  static JsonNode withoutTemperatures(JsonNode generationConfig, JsonNode config) {
    if (generationConfig.path("temperature").isArray() && config.has("max_source_positions")) {
      ObjectNode copy = generationConfig.deepCopy();
      copy.remove("temperature");
      return copy;
    }
    return generationConfig;
  }

  private final TextModel model;
  private final GenerationConfig config;
  private final CancellationToken token;

  WhisperRules(TextModel model, GenerationConfig config, CancellationToken token) {
    this.model = model;
    this.config = config;
    this.token = token;
  }

  /**
   * The rules of timestamp tokens, null where none are asked for.
   *
   * @param promptLength ids before the first that is generated
   */
  static @Nullable LogitsProcessor timestamps(GenerationConfig config, int promptLength) {
    Integer noTimestamps = config.find(Setting.NO_TIMESTAMPS_TOKEN_ID);
    if (!config.get(Setting.RETURN_TIMESTAMPS) || noTimestamps == null) {
      return null;
    }
    int[] eos = config.eosTokenIds();
    if (eos.length == 0) {
      throw new RequestException(
          "returnTimestamps",
          "return_timestamps needs eos_token_id, which the model's generation_config.json lacks.");
    }
    Integer latest = config.find(Setting.MAX_INITIAL_TIMESTAMP_INDEX);
    return new WhisperTimestamps(noTimestamps, eos[0], promptLength, latest == null ? -1 : latest);
  }

  /**
   * The ids that each row begins with, as transformers 5.18 puts them together; {@code batch} has the start token alone. As there, a sound of which
   * neither language nor task is known, nor {@code forced_decoder_ids}, gets no token of the task.
   */
  int[][] prefixes(TextModel.Batch batch) {
    String language = config.find(Setting.LANGUAGE);
    String task = config.find(Setting.TASK);
    Map<String, Integer> languages = config.find(Setting.LANG_TO_ID);
    List<Integer> common = language == null && task == null ? forced() : new ArrayList<>();
    int rows = batch.decoderIds().length;
    int[] chosen = null;
    if (language != null) {
      chosen = new int[rows];
      Arrays.fill(chosen, languageId(language, languages));
    } else if (languages != null
        && !languages.isEmpty()
        && (common.isEmpty() || common.get(0) == UNKNOWN)) {
      chosen = mostProbable(batch, languages);
    }
    int[][] prefixes = new int[rows][];
    for (int r = 0; r < rows; r++) {
      List<Integer> ids = new ArrayList<>(common);
      if (chosen != null && ids.isEmpty()) {
        ids.add(chosen[r]);
      } else if (chosen != null) {
        ids.set(0, chosen[r]);
      }
      ids.add(0, batch.decoderIds()[r][0]);
      addTask(ids, language, task);
      setTimestamps(ids);
      ids.removeIf(id -> id == UNKNOWN);
      prefixes[r] = ids.stream().mapToInt(Integer::intValue).toArray();
    }
    return prefixes;
  }

  /** What {@code forced_decoder_ids} puts behind the start token, {@link #UNKNOWN} for a language that is found out. */
  private List<Integer> forced() {
    List<Integer> ids = new ArrayList<>();
    List<List<Integer>> positions = config.find(Setting.FORCED_DECODER_IDS);
    if (positions == null || positions.isEmpty() || positions.get(0).get(0) != 1) {
      return ids;
    }
    for (List<Integer> entry : positions) {
      if (entry.get(0) != ids.size() + 1) {
        throw new RequestException(
            "forcedDecoderIds",
            "forced_decoder_ids is "
                + positions
                + ": its positions have to go on from 1 without a gap.");
      }
      ids.add(entry.get(1));
    }
    return ids;
  }

  private void addTask(List<Integer> ids, @Nullable String language, @Nullable String task) {
    Map<String, Integer> tasks = config.find(Setting.TASK_TO_ID);
    if (task != null) {
      Integer id = tasks == null ? null : tasks.get(task);
      if (id == null) {
        throw new RequestException(
            "task",
            tasks == null
                ? "task is "
                    + task
                    + ", but generation_config.json has no task_to_id. Take the file that came with the model."
                : "task is " + task + ", but the model knows only " + tasks.keySet() + ".");
      }
      ids.add(id);
    } else if (language != null && tasks != null && tasks.get("transcribe") != null) {
      ids.add(tasks.get("transcribe"));
    }
  }

  private void setTimestamps(List<Integer> ids) {
    Integer none = config.find(Setting.NO_TIMESTAMPS_TOKEN_ID);
    if (none == null) {
      return;
    }
    boolean last = ids.get(ids.size() - 1).equals(none);
    if (config.get(Setting.RETURN_TIMESTAMPS) && last) {
      ids.remove(ids.size() - 1);
    } else if (!config.get(Setting.RETURN_TIMESTAMPS) && !last) {
      ids.add(none);
    }
  }

  private static int languageId(String language, @Nullable Map<String, Integer> languages) {
    Integer id = null;
    if (languages != null) {
      String token = WhisperLanguages.token(language);
      id = languages.containsKey(token) ? languages.get(token) : languages.get(language);
    }
    if (id == null) {
      throw new RequestException(
          "language",
          "language is "
              + language
              + ", but the model knows "
              + (languages == null ? "none by name (lang_to_id)" : "only " + languages.keySet())
              + ".");
    }
    return id;
  }

  private int[] mostProbable(TextModel.Batch batch, Map<String, Integer> languages) {
    int[] best = new int[batch.decoderIds().length];
    try (DecodingState state = model.start(batch, 1, false, token)) {
      for (int r = 0; r < best.length; r++) {
        float highest = Float.NEGATIVE_INFINITY;
        for (int id : languages.values()) {
          float score = state.logits()[r * state.vocabularySize() + id];
          if (score > highest) {
            highest = score;
            best[r] = id;
          }
        }
      }
    }
    return best;
  }

  /**
   * The ids of a prompt, {@code <|startofprev|>} first; empty for none.
   *
   * @param previousId that token where the tokenizer does not know it, -1 if nobody does
   * @param timestampBegin the first of the ids that are times
   */
  static int[] promptIds(
      WhisperOptions options, @Nullable Tokenizer tokenizer, int previousId, int timestampBegin) {
    int[] ids = options.promptIds();
    String text = options.prompt();
    if (ids != null || text == null || text.trim().isEmpty()) {
      return ids == null ? new int[0] : ids;
    }
    if (tokenizer == null) {
      throw new RequestException(
          "prompt", "The model has no tokenizer to read the prompt with: give promptIds.");
    }
    int[] mark = tokenizer.encodeToIds("<|startofprev|>", false);
    int previous = mark.length == 1 ? mark[0] : previousId;
    if (previous < 0) {
      throw new RequestException(
          "prompt",
          "The tokenizer has no <|startofprev|>, which stands before a prompt: leave it out.");
    }
    int[] said = tokenizer.encodeToIds(" " + text.trim(), false);
    int[] all = new int[said.length + 1];
    all[0] = previous;
    System.arraycopy(said, 0, all, 1, said.length);
    for (int id : said) {
      if (tokenizer.isSpecial(id) || id >= timestampBegin) {
        throw new RequestException(
            "prompt",
            "The prompt has a special token in it, "
                + tokenizer.decode(new int[] {id}, false)
                + ". Leave it out.");
      }
    }
    return all;
  }
}
