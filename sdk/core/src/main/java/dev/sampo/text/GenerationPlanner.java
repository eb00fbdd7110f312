package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.TokenConstraint;
import dev.sampo.samplers.text.draw.TokenDraw;
import dev.sampo.samplers.text.draw.TorchDraw;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.processor.PrefixAllowedTokens;
import dev.sampo.samplers.text.processor.ProcessorChain;
import dev.sampo.samplers.text.stop.StopStrings;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import dev.sampo.text.decoding.TextModel;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.chat.ChatPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resolves requests against one model: what contradicts is refused here, with the option's name, before anything runs. Thread-safe.
 *
 * <p>Longer than most files because all rules about what goes with what stand together in it.
 */
final class GenerationPlanner {
  /** Model types whose positions are a table: they cannot go on beyond it. */
  private static final Set<String> TABLE_POSITIONS =
      Set.of(
          "gpt2",
          "openai-gpt",
          "gpt_neo",
          "gpt_bigcode",
          "opt",
          "biogpt",
          "bart",
          "mbart",
          "whisper",
          "blenderbot",
          "pegasus",
          "marian");

  private static final Logger LOG = LoggerFactory.getLogger(TextGenerator.class);

  private final AtomicBoolean warned = new AtomicBoolean();
  private final TextModel model;
  private final @Nullable Tokenizer tokenizer;
  private final GenerationConfig defaults;
  private final boolean tableOfPositions;
  private final Constraints constraints;

  /**
   * @param modelConfig config.json, with sampo.json over it
   * @param defaults the settings of the folder
   */
  GenerationPlanner(
      TextModel model,
      @Nullable Tokenizer tokenizer,
      JsonNode modelConfig,
      GenerationConfig defaults) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.defaults = defaults;
    this.tableOfPositions = TABLE_POSITIONS.contains(modelConfig.path("model_type").asText());
    this.constraints = new Constraints(model.vocabularySize());
  }

  /**
   * The plan of a request.
   *
   * @throws RequestException if its options contradict each other or do not go with the model
   */
  GenerationPlan plan(GenerationRequest request) {
    GenerationConfig config = config(request);
    int[][] prompts = prompts(request, config);
    TextModel.Batch batch = batch(prompts, request, config);
    int promptLength = batch.decoderIds()[0].length;
    int maxLength = maxLength(config, promptLength);
    warnOnceBeyond(promptLength);
    TokenDraw draw = null;
    Long seed = null;
    if (config.get(Setting.DO_SAMPLE)) {
      draw = request.draw();
      if (draw == null) {
        seed = seed(request);
        draw = new TorchDraw(seed);
      }
    }
    List<LogitsProcessor> own = new ArrayList<>(request.processors());
    List<StoppingCriterion> rules = new ArrayList<>(request.stopping());
    LogitsProcessor timestamps = WhisperRules.timestamps(config, promptLength);
    if (timestamps != null) {
      own.add(timestamps);
    }
    Grammar grammar = ChatAnswers.grammar(request, tokenizer);
    if (grammar != null) {
      TokenConstraint constraint =
          constraints.of(grammar, config.eosTokenIds(), tokenizer("grammar").target());
      own.add(constraint.processor(maxLength));
      rules.add(constraint.completion());
    }
    StopStrings stops = stopStrings(config);
    ProcessorChain chain =
        ProcessorChain.of(
            config,
            new ProcessorChain.Inputs(promptLength, maxLength, batch.ids()),
            prefix(request),
            own);
    return new GenerationPlan(
        model,
        tokenizer == null ? null : tokenizer.target(),
        request,
        config,
        prompts,
        batch,
        negativeIds(request),
        maxLength,
        chain,
        stopping(request, rules, config, maxLength, stops),
        stops,
        draw,
        seed,
        assistant(request));
  }

  /** Rotary positions go on beyond what the model was trained on; transformers says so once, too. */
  private void warnOnceBeyond(int promptLength) {
    if (!tableOfPositions
        && promptLength > model.maxPositions()
        && !model.isEncoderDecoder()
        && warned.compareAndSet(false, true)) {
      LOG.warn(
          "A prompt of {} ids is longer than the {} positions that the model was made for"
              + " (max_position_embeddings): what it writes may make little sense",
          promptLength,
          model.maxPositions());
    }
  }

  /** The start token of an encoder-decoder's decoder. */
  static int startId(GenerationConfig config) {
    Integer start = config.find(Setting.DECODER_START_TOKEN_ID);
    Integer bos = config.find(Setting.BOS_TOKEN_ID);
    if (start == null && bos == null) {
      throw new RequestException(
          "decoderStartTokenId",
          "An encoder-decoder needs decoder_start_token_id (or bos_token_id) in"
              + " generation_config.json.");
    }
    return start != null ? start : Objects.requireNonNull(bos);
  }

  @Nullable Tokenizer tokenizerOrNull() {
    return tokenizer;
  }

  /** The tokenizer. */
  Tokenizer tokenizer(String option) {
    if (tokenizer == null) {
      throw new RequestException(
          option,
          "The model folder has no tokenizer (tokenizer.json, or vocab in sampo.json). Give ids,"
              + " with promptIds.");
    }
    return tokenizer;
  }

  // ---- settings

  private GenerationConfig config(GenerationRequest request) {
    GenerationConfig config = defaults.overriddenBy(request.config());
    for (Setting<?> setting : config.settings()) {
      Object value = config.find(setting);
      if (value instanceof Double && (((Double) value).isNaN() || ((Double) value).isInfinite())) {
        throw new RequestException(
            setting.option(), setting.key() + " is " + value + "; it has to be a number.");
      }
    }
    return config.checked();
  }

  private static long seed(GenerationRequest request) {
    Long given = request.seed();
    return given != null ? given : new Random().nextInt() & 0xffffffffL;
  }

  private int maxLength(GenerationConfig config, int promptLength) {
    for (Setting<Integer> setting : List.of(Setting.MAX_NEW_TOKENS, Setting.MIN_NEW_TOKENS)) {
      Integer wanted = config.find(setting);
      if (wanted != null && (long) promptLength + wanted > Integer.MAX_VALUE) {
        throw new RequestException(
            setting.option(),
            setting.key()
                + " is "
                + wanted
                + ", too many beside a prompt of "
                + promptLength
                + ".");
      }
    }
    long rows = Math.max(config.get(Setting.NUM_BEAMS), config.get(Setting.NUM_RETURN_SEQUENCES));
    if (rows * model.vocabularySize() > Integer.MAX_VALUE) {
      boolean beams = config.get(Setting.NUM_BEAMS) == rows;
      throw new RequestException(
          beams ? "numBeams" : "numReturnSequences",
          rows + " rows of " + model.vocabularySize() + " scores are too many for one step.");
    }
    return config.maxLength(promptLength, model.maxPositions());
  }

  private @Nullable StopStrings stopStrings(GenerationConfig config) {
    List<String> stops = config.find(Setting.STOP_STRINGS);
    return stops == null || stops.isEmpty()
        ? null
        : new StopStrings(stops, tokenizer("stopStrings").target()::tokenBytes);
  }

  private StoppingCriterion stopping(
      GenerationRequest request,
      List<StoppingCriterion> rules,
      GenerationConfig config,
      int maxLength,
      @Nullable StopStrings stops) {
    List<StoppingCriterion> all = new ArrayList<>();
    int[] eos = config.eosTokenIds();
    if (eos.length > 0) {
      all.add(StoppingCriterion.eos(eos));
    }
    if (stops != null) {
      all.add(stops);
    }
    all.addAll(rules);
    int limit = tableOfPositions ? Math.min(maxLength, model.maxPositions()) : maxLength;
    all.add(StoppingCriterion.maxLength(limit));
    Double maxTime = config.find(Setting.MAX_TIME);
    if (maxTime != null) {
      all.add(StoppingCriterion.maxTime(maxTime, request.nanoClock()));
    }
    return StoppingCriterion.anyOf(all);
  }

  private @Nullable PrefixAllowedTokens prefix(GenerationRequest request) {
    PrefixAllowedTokens.AllowedTokens function = request.prefixAllowedTokens();
    if (function == null) {
      return null;
    }
    return new PrefixAllowedTokens(
        (batchIndex, ids) -> {
          int[] allowed = function.after(batchIndex, ids);
          for (int id : allowed) {
            if (id < 0 || id >= model.vocabularySize()) {
              throw new RequestException(
                  "prefixAllowedTokens",
                  "The function of prefix-allowed tokens named id "
                      + id
                      + " at length "
                      + ids.length()
                      + "; the model knows ids from 0 to "
                      + (model.vocabularySize() - 1)
                      + ".");
            }
          }
          return allowed;
        });
  }

  private static @Nullable TextModel assistant(GenerationRequest request) {
    TextGenerator assistant = request.assistant();
    if (assistant == null) {
      return null;
    }
    if (!(assistant instanceof LoadedTextGenerator)) {
      throw new RequestException(
          "assistant", "An assistant has to be a generator that TextGenerator.open gave.");
    }
    return ((LoadedTextGenerator) assistant).model();
  }

  // ---- prompts

  private int[][] prompts(GenerationRequest request, GenerationConfig config) {
    Tensor features = request.inputFeatures();
    if (features != null) {
      if (!model.isEncoderDecoder()) {
        throw new RequestException(
            "inputFeatures",
            "The model reads token ids, not audio. Give a prompt in place of inputFeatures.");
      }
      return new int[(int) features.shape().dim(0)][0];
    }
    ChatPrompt chat = request.chat();
    if (chat != null) {
      int[] ids = ChatAnswers.promptIds(request, chat, tokenizer("messages"));
      check(ids, 0);
      return new int[][] {ids};
    }
    int[][] prompts = new int[request.prompts().size()][];
    for (int i = 0; i < prompts.length; i++) {
      prompts[i] = begun(ids(request.prompts().get(i), "prompt"), request.prompts().get(i), config);
      if (prompts[i].length == 0) {
        prompts[i] = new int[] {bos(config, i)};
      }
      check(prompts[i], i);
    }
    return prompts;
  }

  /** A window model was trained on texts behind a begin token; its vocabulary list does not add one. */
  private int[] begun(int[] ids, GenerationRequest.Prompt prompt, GenerationConfig config) {
    Integer bos = config.find(Setting.BOS_TOKEN_ID);
    if (model.window() == 0
        || bos == null
        || prompt.text() == null
        || ids.length > 0 && ids[0] == bos) {
      return ids;
    }
    int[] begun = new int[ids.length + 1];
    begun[0] = bos;
    System.arraycopy(ids, 0, begun, 1, ids.length);
    return begun;
  }

  private static int bos(GenerationConfig config, int prompt) {
    Integer bos = config.find(Setting.BOS_TOKEN_ID);
    if (bos == null) {
      throw new RequestException(
          "prompt",
          "Prompt "
              + prompt
              + " has no ids, and there is no bos_token_id to begin with. Give a longer"
              + " prompt.");
    }
    return bos;
  }

  private void check(int[] ids, int prompt) {
    for (int id : ids) {
      if (id < 0 || id >= model.vocabularySize() && !model.isEncoderDecoder()) {
        throw new RequestException(
            "prompt",
            "Prompt "
                + prompt
                + " has id "
                + id
                + "; the model knows ids from 0 to "
                + (model.vocabularySize() - 1)
                + ".");
      }
    }
  }

  private int[] ids(GenerationRequest.Prompt prompt, String option) {
    int[] ids = prompt.ids();
    return ids != null ? ids : tokenizer(option).encodeToIds(Objects.requireNonNull(prompt.text()));
  }

  private int[] negativeIds(GenerationRequest request) {
    GenerationRequest.Prompt prompt = request.negativePrompt();
    return prompt == null ? new int[0] : ids(prompt, "negativePrompt");
  }

  /** Pads on the left for a decoder-only model, on the right for an encoder. */
  private TextModel.Batch batch(
      int[][] prompts, GenerationRequest request, GenerationConfig config) {
    int width = 0;
    for (int[] prompt : prompts) {
      width = Math.max(width, prompt.length);
    }
    // What stands where a mask is 0 is not read, but it has to be an id.
    int pad = config.fillTokenId();
    int fill = model.isEncoderDecoder() || pad >= 0 && pad < model.vocabularySize() ? pad : 0;
    int[][] ids = new int[prompts.length][width];
    int[][] mask = new int[prompts.length][width];
    for (int b = 0; b < prompts.length; b++) {
      int start = model.isEncoderDecoder() ? 0 : width - prompts[b].length;
      Arrays.fill(ids[b], fill);
      System.arraycopy(prompts[b], 0, ids[b], start, prompts[b].length);
      Arrays.fill(mask[b], start, start + prompts[b].length, 1);
    }
    if (!model.isEncoderDecoder()) {
      return new TextModel.Batch(ids, mask, ids);
    }
    int[] begin = request.decoderIds();
    int[][] decoderIds = new int[prompts.length][];
    Arrays.fill(decoderIds, begin == null ? new int[] {startId(config)} : begin);
    TextModel.Batch batch = new TextModel.Batch(ids, mask, decoderIds, request.inputFeatures());
    if (begin != null || batch.features() == null) {
      return batch;
    }
    WhisperRules whisper = new WhisperRules(model, config, request.cancellation());
    return new TextModel.Batch(ids, mask, whisper.prefixes(batch), batch.features());
  }
}
