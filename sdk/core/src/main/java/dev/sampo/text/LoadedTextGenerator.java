package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Timings;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.samplers.text.stop.StopText;
import dev.sampo.text.decoding.Beside;
import dev.sampo.text.decoding.CausalModel;
import dev.sampo.text.decoding.RowGroup;
import dev.sampo.text.decoding.RowSource;
import dev.sampo.text.decoding.TextModel;
import dev.sampo.text.decoding.TextModels;
import dev.sampo.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model in memory with its tokenizer and settings. */
final class LoadedTextGenerator
    implements TextGenerator, RowSource<GenerationRequest, GenerationResult> {
  private static final Logger LOG = LoggerFactory.getLogger(TextGenerator.class);

  private final String name;
  private final Family family;
  private final TextModel model;
  private final GenerationConfig defaults;
  private final GenerationPlanner planner;
  private final double loadMillis;
  private final WhisperRules.Sizes whisper;
  private volatile boolean closed;

  private LoadedTextGenerator(
      ModelFolder folder,
      TextModel model,
      @Nullable Tokenizer tokenizer,
      JsonNode modelConfig,
      GenerationConfig defaults,
      double loadMillis) {
    this.name = folder.name();
    this.family = folder.family();
    this.model = model;
    this.defaults = defaults;
    this.planner = new GenerationPlanner(model, tokenizer, modelConfig, defaults);
    this.loadMillis = loadMillis;
    this.whisper = WhisperRules.Sizes.of(folder, modelConfig);
  }

  static TextGenerator open(ModelFolder folder, SessionConfig session, long begin) {
    ObjectNode config = new ObjectMapper().createObjectNode();
    for (JsonNode json : Arrays.asList(folder.config(), folder.jsonOrEmpty("sampo.json"))) {
      if (json instanceof ObjectNode) {
        config.setAll((ObjectNode) json);
      }
    }
    GenerationConfig defaults = settings(folder, config);
    // Read beside the session: a large vocabulary takes a third of a second in a JVM that has just
    // started.
    Beside<@Nullable Tokenizer> reading = Beside.read("tokenizer", folder::tokenizer);
    TextModel model = TextModels.load(folder, config, session);
    try {
      Tokenizer tokenizer = reading.get();
      double millis = (System.nanoTime() - begin) / 1e6;
      return new LoadedTextGenerator(folder, model, tokenizer, config, defaults, millis);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /** Those of generation_config.json over those that stand in config.json. */
  private static GenerationConfig settings(ModelFolder folder, JsonNode config) {
    GenerationConfig fromModel;
    try {
      fromModel = fromModelConfig(config);
    } catch (RequestException e) {
      throw atFault(folder, folder.find("config.json") != null ? "config.json" : "sampo.json", e);
    }
    try {
      return fromModel
          .overriddenBy(
              GenerationConfig.parse(
                  WhisperRules.withoutTemperatures(
                      folder.jsonOrEmpty("generation_config.json"), config),
                  line -> LOG.warn("{}: {}", folder.root(), line)))
          .checked();
    } catch (RequestException e) {
      throw atFault(folder, "generation_config.json", e);
    }
  }

  private static ModelException atFault(ModelFolder folder, String file, RuntimeException e) {
    return new ModelException(
        folder.root().resolve(file), folder.root().resolve(file) + ": " + e.getMessage(), e);
  }

  /**
   * Special tokens that stand in config.json (or sampo.json) only, of the whole or of its part for text, and the settings that a genai_config.json
   * brings; an attention seq2seq model ends by itself, so it gets room.
   */
  private static GenerationConfig fromModelConfig(JsonNode config) {
    GenerationConfig.Builder builder = GenerationConfig.builder();
    for (Setting<?> setting :
        List.of(
            Setting.BOS_TOKEN_ID,
            Setting.EOS_TOKEN_ID,
            Setting.PAD_TOKEN_ID,
            Setting.DECODER_START_TOKEN_ID,
            Setting.FORCED_DECODER_IDS)) {
      for (String part : List.of("decoder", "generator", "text_config", "")) {
        JsonNode value = (part.isEmpty() ? config : config.path(part)).path(setting.key());
        if (!value.isMissingNode() && !value.isNull()) {
          builder.set(setting.key(), value);
        }
      }
    }
    if (config.path("spec").asText().equals("attention-seq2seq")) {
      builder.maxNewTokens(256);
    }
    GenerationConfig own = builder.build();
    JsonNode settings = config.path("generation");
    return settings.isObject()
        ? own.overriddenBy(GenerationConfig.parse(settings, line -> LOG.debug("{}", line)))
        : own;
  }

  @Override
  public TextModel model() {
    return model;
  }

  WhisperRules.Sizes whisper() {
    return whisper;
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Family family() {
    return family;
  }

  @Override
  public GenerationConfig generationConfig() {
    return defaults;
  }

  @Override
  public int vocabularySize() {
    return model.vocabularySize();
  }

  @Override
  public boolean isEncoderDecoder() {
    return model.isEncoderDecoder();
  }

  @Override
  public double loadMillis() {
    return loadMillis;
  }

  @Override
  public @Nullable Tokenizer tokenizer() {
    return planner.tokenizerOrNull();
  }

  @Override
  public int[] encode(String text) {
    return planner.tokenizer("prompt").encodeToIds(text);
  }

  @Override
  public String decode(int... ids) {
    return planner.tokenizer("prompt").target().decode(ids);
  }

  // ---- generating

  @Override
  public GenerationResult generate(GenerationRequest request) {
    long begin = request.nanoClock().getAsLong();
    GenerationPlan plan = planner.plan(request);
    LoopResult loop = Strategies.of(plan).run();
    return settled(plan, loop, begin);
  }

  /** The result, thrown as a part if the loop was given up. */
  private GenerationResult settled(GenerationPlan plan, LoopResult loop, long begin) {
    GenerationResult result = result(plan, loop, begin);
    RuntimeException cancelled = loop.cancelled();
    if (cancelled != null) {
      throw new CancelledException(
          "Cancelled after " + result.tokenCount() + " tokens", cancelled, result);
    }
    return result;
  }

  // ---- requests that share steps

  @Override
  public @Nullable RowGroup<GenerationResult> rows(GenerationRequest request, int maxRows) {
    if (request.inputFeatures() != null || model.isEncoderDecoder()) {
      return null; // reading an encoder's input is no plan any more
    }
    long begin = request.nanoClock().getAsLong();
    GenerationPlan plan = planner.plan(request);
    SampleLoop loop = PlannedRows.loop(plan, maxRows);
    return loop == null ? null : new PlannedRows(loop, ended -> settled(plan, ended, begin));
  }

  private GenerationResult result(GenerationPlan plan, LoopResult loop, long begin) {
    List<GenerationResult.PromptResult> results = new ArrayList<>();
    List<int[]> rows = new ArrayList<>();
    int width = 0;
    for (int b = 0; b < plan.rows(); b++) {
      List<GeneratedSequence> sequences = new ArrayList<>();
      for (LoopResult.Ended ended : loop.sequences().get(b)) {
        sequences.add(sequence(plan, b, ended));
        int[] start = plan.batch().decoderIds()[b];
        int[] row = Arrays.copyOf(start, start.length + ended.ids().length);
        System.arraycopy(ended.ids(), 0, row, start.length, ended.ids().length);
        rows.add(row);
        width = Math.max(width, row.length);
      }
      results.add(new GenerationResult.PromptResult(boxed(plan.prompts()[b]), sequences));
    }
    int fill = fill(plan.config());
    int[][] padded = new int[rows.size()][];
    for (int r = 0; r < padded.length; r++) {
      padded[r] = Arrays.copyOf(rows.get(r), width);
      Arrays.fill(padded[r], rows.get(r).length, width, fill);
    }
    StepLog log = loop.log();
    Timings timings =
        new Timings(
            loadMillis,
            log.prefillMillis(),
            log.loopMillis(),
            log.modelMillis(),
            (log.now() - begin) / 1e6,
            log.steps(),
            0,
            log.firstTokenMillis(begin));
    GeneratedSequence first = results.get(0).sequences().get(0);
    return new GenerationResult(
        results,
        plan.seed(),
        timings,
        padded,
        log.scores(),
        log.logits(),
        ChatAnswers.message(plan.request(), plan.tokenizer(), first.ids(), first.text()));
  }

  private static GeneratedSequence sequence(
      GenerationPlan plan, int prompt, LoopResult.Ended ended) {
    return new GeneratedSequence(
        ended.ids(),
        text(plan, prompt, ended),
        ended.score(),
        ended.reason(),
        ended.logProbs(),
        ended.beamIndices(),
        ended.attention());
  }

  /** The text of a sequence, without the stop string that ends it. */
  private static String text(GenerationPlan plan, int prompt, LoopResult.Ended ended) {
    Tokenizer tokenizer = plan.tokenizer();
    if (tokenizer == null) {
      return "";
    }
    int[] ids = ended.ids();
    String text = tokenizer.decode(ids);
    StopText stop = ended.reason() == FinishReason.STOP ? plan.stopText(prompt) : null;
    if (stop == null || ids.length == 0) {
      return text;
    }
    TokenRow row = new TokenRow(prompt, plan.batch().decoderIds()[prompt]);
    for (int id : ids) {
      row.append(id);
    }
    String before = tokenizer.decode(Arrays.copyOf(ids, ids.length - 1));
    int same = 0;
    while (same < Math.min(before.length(), text.length())
        && before.charAt(same) == text.charAt(same)) {
      same++;
    }
    String begun = stop.add(text.substring(0, same));
    return begun + stop.finish(text.substring(same), plan.endsInStop(row, ended.reason()));
  }

  /** What ended rows are filled with. With beams the reference takes the first end token where the pad token is 0 or not set. */
  private static int fill(GenerationConfig config) {
    Integer pad = config.find(Setting.PAD_TOKEN_ID);
    int[] eos = config.eosTokenIds();
    if (config.get(Setting.NUM_BEAMS) > 1 && eos.length > 0 && (pad == null || pad == 0)) {
      return eos[0];
    }
    return config.fillTokenId();
  }

  private static List<Integer> boxed(int[] ids) {
    List<Integer> list = new ArrayList<>();
    for (int id : ids) {
      list.add(id);
    }
    return list;
  }

  @Override
  public TextStream stream(GenerationRequest request) {
    GenerationConfig config = defaults.overriddenBy(request.config());
    if (config.get(Setting.NUM_BEAMS) > 1) {
      throw new RequestException(
          "numBeams",
          "Beam search cannot be streamed: its tokens are not settled before the end. Set num_beams"
              + " to 1.");
    }
    CancellationToken token = request.cancellation();
    return GeneratingStream.start(
        this, request, token == CancellationToken.none() ? new CancellationToken() : token);
  }

  @Override
  public PromptCache newPromptCache() {
    if (!(model instanceof CausalModel) || ((CausalModel) model).caches().isEmpty()) {
      throw new RequestException(
          "promptCache",
          "A prompt cache needs a decoder-only Transformer whose graph takes a past.");
    }
    return new KeyValuePromptCache((CausalModel) model);
  }

  // ---- scoring

  @Override
  public TextScore score(int... ids) {
    if (model.isEncoderDecoder()) {
      throw new RequestException(
          null, "An encoder-decoder scores a target given a source: score(source, labels).");
    }
    if (ids.length < 2) {
      throw new RequestException(null, "Scoring needs at least two ids (got " + ids.length + ").");
    }
    return TextScore.of(model, new int[][] {ids}, Arrays.copyOfRange(ids, 1, ids.length));
  }

  @Override
  public TextScore score(String source, String target) {
    return score(encode(source), planner.tokenizer("prompt").target().encodeToIds(target));
  }

  @Override
  public TextScore score(int[] source, int[] labels) {
    if (source.length == 0 || labels.length == 0) {
      throw new RequestException(null, "Scoring needs ids of a source and of a target.");
    }
    int[] decoder = new int[labels.length];
    decoder[0] = GenerationPlanner.startId(defaults);
    System.arraycopy(labels, 0, decoder, 1, labels.length - 1);
    return TextScore.of(model, new int[][] {source, decoder}, labels);
  }

  @Override
  public void close() {
    closed = true;
    model.close();
  }

  @Override
  public String toString() {
    return "TextGenerator " + name + " (" + family + ")";
  }
}
