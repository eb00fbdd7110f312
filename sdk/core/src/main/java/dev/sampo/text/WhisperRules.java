package dev.sampo.text;

import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.processor.WhisperTimestamps;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.TextModel;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is Whisper's own: what its decoder begins with (start, language, task, and the token that switches timestamps off), and the rules of
 * timestamp tokens; Radford et al. 2022, arXiv:2212.04356, section 2.3. Where no language is given, the most probable one after the start token is
 * taken, for each sound on its own.
 */
final class WhisperRules {
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

  /** The ids that each row begins with; {@code batch} has the start token alone. */
  int[][] prefixes(TextModel.Batch batch) {
    int[][] prefixes = batch.decoderIds();
    Map<String, Integer> languages = config.find(Setting.LANG_TO_ID);
    if (languages != null && !languages.isEmpty()) {
      String language = config.find(Setting.LANGUAGE);
      int[] chosen = language == null ? mostProbable(batch, languages) : new int[prefixes.length];
      if (language != null) {
        Arrays.fill(chosen, id("language", languages, language, "<|" + language + "|>"));
      }
      int[][] longer = new int[prefixes.length][];
      for (int r = 0; r < longer.length; r++) {
        longer[r] = append(prefixes[r], chosen[r]);
      }
      prefixes = append(longer, task());
    }
    Integer noTimestamps = config.find(Setting.NO_TIMESTAMPS_TOKEN_ID);
    return noTimestamps == null || config.get(Setting.RETURN_TIMESTAMPS)
        ? prefixes
        : append(prefixes, noTimestamps);
  }

  private int task() {
    Map<String, Integer> tasks = config.find(Setting.TASK_TO_ID);
    String task = config.find(Setting.TASK);
    if (tasks == null) {
      throw new RequestException(
          "task",
          "generation_config.json has lang_to_id but no task_to_id. Take the file that came with"
              + " the model.");
    }
    return id("task", tasks, task == null ? "transcribe" : task, "");
  }

  private static int id(String setting, Map<String, Integer> table, String key, String other) {
    Integer id = table.containsKey(key) ? table.get(key) : table.get(other);
    if (id == null) {
      throw new RequestException(
          setting, setting + " is " + key + ", but the model knows only " + table.keySet() + ".");
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

  private static int[][] append(int[][] rows, int id) {
    int[][] longer = new int[rows.length][];
    for (int r = 0; r < rows.length; r++) {
      longer[r] = append(rows[r], id);
    }
    return longer;
  }

  private static int[] append(int[] row, int id) {
    int[] longer = Arrays.copyOf(row, row.length + 1);
    longer[row.length] = id;
    return longer;
  }
}
