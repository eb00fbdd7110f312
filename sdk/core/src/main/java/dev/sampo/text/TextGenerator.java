package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Model;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.constraint.TokenConstraint;
import dev.sampo.samplers.text.draw.TokenDraw;
import dev.sampo.samplers.text.draw.TorchDraw;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.processor.ProcessorChain;
import dev.sampo.samplers.text.processor.WhisperTimestamps;
import dev.sampo.samplers.text.stop.StopStrings;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Generates text with a model folder: decoder-only and encoder-decoder Transformers, recurrent language models and attention seq2seq models.
 *
 * <pre>{@code
 * try (TextGenerator generator = TextGenerator.load(Paths.get("scripture-gpt"))) {
 *   System.out.println(generator.generate("In the beginning").text());
 * }
 * }</pre>
 *
 * <p>Settings come from {@code generation_config.json} of the folder; those of a {@link GenerationRequest} go over them. A seed gives the
 * ids that transformers gives on PyTorch's CPU generator.
 *
 * <p>Any number of threads may generate at the same time. {@link #close()} ends generations under way with a
 * {@link dev.sampo.error.ClosedException}.
 */
public final class TextGenerator implements Model {
  private static final Logger LOG = LoggerFactory.getLogger(TextGenerator.class);

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

  private final ModelFolder folder;
  private final TextModel model;
  private final @Nullable Tokenizer tokenizer;
  private final JsonNode modelConfig;
  private final GenerationConfig defaults;
  private final double loadMillis;
  private final Constraints constraints;

  TextGenerator(
      ModelFolder folder,
      TextModel model,
      @Nullable Tokenizer tokenizer,
      JsonNode modelConfig,
      GenerationConfig defaults,
      double loadMillis) {
    this.folder = folder;
    this.model = model;
    this.tokenizer = tokenizer;
    this.modelConfig = modelConfig;
    this.defaults = defaults;
    this.loadMillis = loadMillis;
    this.constraints = new Constraints(model.vocabularySize());
  }

  /** Loads a model folder with the default session settings. */
  public static TextGenerator load(Path folder) {
    return load(folder, SessionConfig.defaults());
  }

  /**
   * Loads a model folder, or an {@code .onnx} file of one.
   *
   * @throws dev.sampo.error.ModelException if the folder or a file is missing, differs from its spec or is no text model
   * @throws IllegalArgumentException if a configuration is wrong
   */
  public static TextGenerator load(Path folder, SessionConfig session) {
    long begin = System.nanoTime();
    return load(ModelFolder.open(folder), session, begin);
  }

  /**
   * Loads a model folder that was opened before, with a variant of the graphs for one ({@code ModelFolder.open(path, "fp16")}).
   *
   * @throws dev.sampo.error.ModelException if it is no text model
   * @throws IllegalArgumentException if a configuration is wrong
   */
  public static TextGenerator load(ModelFolder folder, SessionConfig session) {
    return load(folder, session, System.nanoTime());
  }

  private static TextGenerator load(ModelFolder folder, SessionConfig session, long begin) {
    ObjectNode config = new ObjectMapper().createObjectNode();
    for (String name : List.of("config.json", "sampo.json")) {
      JsonNode json = TextModels.json(folder, name);
      if (json.isObject()) {
        config.setAll((ObjectNode) json);
      }
    }
    GenerationConfig defaults =
        fromModelConfig(config)
            .overriddenBy(
                GenerationConfig.parse(
                    TextModels.json(folder, "generation_config.json"),
                    line -> LOG.warn("{}: {}", folder.root(), line)));
    defaults.checked();
    TextModel model = TextModels.load(folder, config, session);
    try {
      Tokenizer tokenizer = folder.tokenizer();
      return new TextGenerator(
          folder, model, tokenizer, config, defaults, (System.nanoTime() - begin) / 1e6);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** Special tokens that stand in config.json (or sampo.json) only; an attention seq2seq model ends by itself, so it gets room. */
  private static GenerationConfig fromModelConfig(JsonNode config) {
    GenerationConfig.Builder builder = GenerationConfig.builder();
    for (Setting<?> setting :
        List.of(
            Setting.BOS_TOKEN_ID,
            Setting.EOS_TOKEN_ID,
            Setting.PAD_TOKEN_ID,
            Setting.DECODER_START_TOKEN_ID)) {
      JsonNode value = config.path(setting.key());
      if (!value.isMissingNode()) {
        builder.set(setting.key(), value);
      }
    }
    if (config.path("spec").asText().equals("attention-seq2seq")) {
      builder.maxNewTokens(256);
    }
    return builder.build();
  }

  @Override
  public String name() {
    return folder.name();
  }

  @Override
  public Family family() {
    return folder.family();
  }

  /** The settings of the model folder. */
  public GenerationConfig generationConfig() {
    return defaults;
  }

  /** Size of the vocabulary. */
  public int vocabularySize() {
    return model.vocabularySize();
  }

  /** Whether prompts go to an encoder. */
  public boolean isEncoderDecoder() {
    return model.isEncoderDecoder();
  }

  /** How long loading took. */
  public double loadMillis() {
    return loadMillis;
  }

  TextModel model() {
    return model;
  }

  @Nullable Tokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * Ids of a prompt, with the special tokens that the model wants.
   *
   * @throws IllegalStateException if the folder has no tokenizer
   */
  public int[] encode(String text) {
    return requireTokenizer().encodeToIds(text);
  }

  /** Text of generated ids, without special tokens. */
  public String decode(int... ids) {
    return requireTokenizer().target().decode(ids);
  }

  private Tokenizer requireTokenizer() {
    if (tokenizer == null) {
      throw new IllegalStateException(
          "The model folder has no tokenizer (tokenizer.json, or vocab in sampo.json). Give ids,"
              + " with promptIds.");
    }
    return tokenizer;
  }

  // ---- generating

  /** Continues one prompt with the settings of the folder. */
  public GenerationResult generate(String prompt) {
    return generate(GenerationRequest.of(prompt));
  }

  /**
   * Generates. If the request's cancellation token is cancelled, what is there by then is returned and its sequences say so.
   *
   * @throws IllegalArgumentException if settings contradict each other or do not go with the model
   * @throws dev.sampo.error.ClosedException if this was closed, also meanwhile
   */
  public GenerationResult generate(GenerationRequest request) {
    GenerationConfig config = defaults.overriddenBy(request.config()).checked();
    int[][] prompts = promptIds(request, config);
    TextModel.Batch batch = batch(prompts, request, config);
    int promptLength = batch.decoderIds()[0].length;
    int maxLength = config.maxLength(promptLength, model.maxPositions());
    Long seed = null;
    TokenDraw draw = request.draw();
    if (config.get(Setting.DO_SAMPLE) && draw == null) {
      seed =
          request.seed() != null
              ? request.seed()
              : Long.valueOf(new Random().nextInt() & 0xffffffffL);
      draw = new TorchDraw(seed);
    }
    List<LogitsProcessor> own = new ArrayList<>(request.processors());
    List<StoppingCriterion> rules = new ArrayList<>(request.stopping());
    Integer noTimestamps = config.find(Setting.NO_TIMESTAMPS_TOKEN_ID);
    if (config.get(Setting.RETURN_TIMESTAMPS) && noTimestamps != null) {
      Integer latest = config.find(Setting.MAX_INITIAL_TIMESTAMP_INDEX);
      own.add(
          new WhisperTimestamps(
              noTimestamps, config.eosTokenIds()[0], promptLength, latest == null ? -1 : latest));
    }
    if (request.grammar() != null) {
      TokenConstraint constraint =
          constraints.of(request.grammar(), config.eosTokenIds(), requireTokenizer().target());
      own.add(constraint.processor(maxLength));
      rules.add(constraint.completion());
    }
    ProcessorChain chain =
        ProcessorChain.of(
            config,
            new ProcessorChain.Inputs(promptLength, maxLength, batch.ids()),
            request.prefixAllowedTokens(),
            own);
    Job job =
        new Job(
            model,
            tokenizer == null ? null : tokenizer.target(),
            request,
            config,
            batch,
            maxLength,
            chain,
            stopping(request, rules, config, maxLength),
            config.get(Setting.DO_SAMPLE) ? draw : null);
    List<List<Job.Ended>> ended = Strategies.run(job, negativeIds(request));
    return result(job, prompts, ended, seed);
  }

  /** {@link #generate(GenerationRequest)} in another thread. Cancel with the request's token: cancelling the future does not stop it. */
  public CompletableFuture<GenerationResult> generateAsync(
      GenerationRequest request, Executor executor) {
    return CompletableFuture.supplyAsync(() -> generate(request), executor);
  }

  /**
   * Generates in a thread of its own, piece by piece. A cancellation token of the request ends it too, and closing the stream cancels that token.
   * Without beams; of several sequences the first is streamed.
   */
  public TextStream stream(GenerationRequest request) {
    GenerationConfig config = defaults.overriddenBy(request.config());
    if (config.get(Setting.NUM_BEAMS) > 1) {
      throw new IllegalArgumentException(
          "Beam search cannot be streamed: its tokens are not settled before the end. Set num_beams"
              + " to 1.");
    }
    CancellationToken token = request.cancellation();
    return new TextStream(
        this, request, token == CancellationToken.none() ? new CancellationToken() : token);
  }

  /**
   * An empty prompt cache for one conversation.
   *
   * @throws IllegalArgumentException if the model is not a decoder-only Transformer with a past
   */
  public PromptCache newPromptCache() {
    if (!(model instanceof CausalModel) || ((CausalModel) model).caches().isEmpty()) {
      throw new IllegalArgumentException(
          "A prompt cache needs a decoder-only Transformer whose graph takes a past.");
    }
    return new PromptCache((CausalModel) model);
  }

  private int[][] promptIds(GenerationRequest request, GenerationConfig config) {
    Tensor features = request.inputFeatures();
    if (features != null) {
      if (!model.isEncoderDecoder()) {
        throw new IllegalArgumentException(
            "The model reads token ids, not audio. Give a prompt in place of inputFeatures.");
      }
      return new int[(int) features.shape().dim(0)][0];
    }
    int[][] prompts = new int[request.prompts().size()][];
    for (int i = 0; i < prompts.length; i++) {
      prompts[i] = ids(request.prompts().get(i));
      if (prompts[i].length == 0) {
        Integer bos = config.find(Setting.BOS_TOKEN_ID);
        if (bos == null) {
          throw new IllegalArgumentException(
              "Prompt "
                  + i
                  + " has no ids, and there is no bos_token_id to begin with. Give a longer"
                  + " prompt.");
        }
        prompts[i] = new int[] {bos};
      }
      for (int id : prompts[i]) {
        if (id < 0 || id >= model.vocabularySize() && !model.isEncoderDecoder()) {
          throw new IllegalArgumentException(
              "Prompt "
                  + i
                  + " has id "
                  + id
                  + "; the model knows ids from 0 to "
                  + (model.vocabularySize() - 1)
                  + ".");
        }
      }
    }
    return prompts;
  }

  private int[] ids(GenerationRequest.Prompt prompt) {
    int[] ids = prompt.ids();
    return ids != null
        ? ids
        : requireTokenizer().encodeToIds(java.util.Objects.requireNonNull(prompt.text()));
  }

  private int[] negativeIds(GenerationRequest request) {
    GenerationRequest.Prompt prompt = request.negativePrompt();
    return prompt == null ? new int[0] : ids(prompt);
  }

  /** Pads on the left for a decoder-only model, on the right for an encoder. */
  private TextModel.Batch batch(
      int[][] prompts, GenerationRequest request, GenerationConfig config) {
    int width = 0;
    for (int[] prompt : prompts) {
      width = Math.max(width, prompt.length);
    }
    int[][] ids = new int[prompts.length][width];
    int[][] mask = new int[prompts.length][width];
    for (int b = 0; b < prompts.length; b++) {
      int start = model.isEncoderDecoder() ? 0 : width - prompts[b].length;
      Arrays.fill(ids[b], config.fillTokenId());
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
    int[][] prefixes = new WhisperPrefix(model, config, request.cancellation()).ids(batch);
    return new TextModel.Batch(ids, mask, prefixes, batch.features());
  }

  private static int startId(GenerationConfig config) {
    Integer start = config.find(Setting.DECODER_START_TOKEN_ID);
    Integer bos = config.find(Setting.BOS_TOKEN_ID);
    if (start == null && bos == null) {
      throw new IllegalArgumentException(
          "An encoder-decoder needs decoder_start_token_id (or bos_token_id) in"
              + " generation_config.json.");
    }
    return start != null ? start : java.util.Objects.requireNonNull(bos);
  }

  private StoppingCriterion stopping(
      GenerationRequest request,
      List<StoppingCriterion> rules,
      GenerationConfig config,
      int maxLength) {
    List<StoppingCriterion> all = new ArrayList<>();
    int[] eos = config.eosTokenIds();
    if (eos.length > 0) {
      all.add(StoppingCriterion.eos(eos));
    }
    List<String> stops = config.find(Setting.STOP_STRINGS);
    if (stops != null && !stops.isEmpty()) {
      all.add(new StopStrings(stops, requireTokenizer().target()::tokenBytes));
    }
    all.addAll(rules);
    int limit = maxLength;
    if (TABLE_POSITIONS.contains(modelConfig.path("model_type").asText())) {
      limit = Math.min(limit, model.maxPositions());
    }
    all.add(StoppingCriterion.maxLength(limit));
    Double maxTime = config.find(Setting.MAX_TIME);
    if (maxTime != null) {
      all.add(StoppingCriterion.maxTime(maxTime, request.nanoClock()));
    }
    return StoppingCriterion.anyOf(all);
  }

  private GenerationResult result(
      Job job, int[][] prompts, List<List<Job.Ended>> ended, @Nullable Long seed) {
    List<GenerationResult.PromptResult> results = new ArrayList<>();
    List<int[]> rows = new ArrayList<>();
    int width = 0;
    int count = 0;
    for (int b = 0; b < prompts.length; b++) {
      List<GeneratedSequence> sequences = new ArrayList<>();
      for (Job.Ended e : ended.get(b)) {
        String text = job.tokenizer == null ? "" : job.tokenizer.decode(e.ids());
        sequences.add(
            new GeneratedSequence(
                e.ids(),
                text,
                e.score(),
                e.reason(),
                e.logProbs(),
                e.beamIndices(),
                e.attention()));
        int[] start = job.batch.decoderIds()[b];
        int[] row = Arrays.copyOf(start, start.length + e.ids().length);
        System.arraycopy(e.ids(), 0, row, start.length, e.ids().length);
        rows.add(row);
        width = Math.max(width, row.length);
        count += e.ids().length;
      }
      results.add(new GenerationResult.PromptResult(boxed(prompts[b]), sequences));
    }
    int fill = fill(job.config);
    int[][] padded = new int[rows.size()][];
    for (int r = 0; r < padded.length; r++) {
      padded[r] = Arrays.copyOf(rows.get(r), width);
      Arrays.fill(padded[r], rows.get(r).length, width, fill);
    }
    return new GenerationResult(
        results,
        seed,
        new GenerationResult.Timing(loadMillis, job.prefillMillis, job.decodeMillis, count),
        padded,
        job.scores,
        job.logits);
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

  // ---- scoring

  /**
   * The log-probability of each id of a text after the first, given those before it.
   *
   * @throws IllegalArgumentException if the model is an encoder-decoder: use {@link #score(int[], int[])}
   */
  public TextScore score(int... ids) {
    if (model.isEncoderDecoder()) {
      throw new IllegalArgumentException(
          "An encoder-decoder scores a target given a source: score(source, labels).");
    }
    if (ids.length < 2) {
      throw new IllegalArgumentException(
          "Scoring needs at least two ids (got " + ids.length + ").");
    }
    return TextScore.of(model, new int[][] {ids}, Arrays.copyOfRange(ids, 1, ids.length));
  }

  /** The log-probability of each id of a text after the first. */
  public TextScore score(String text) {
    return score(encode(text));
  }

  /**
   * The log-probability of each token of a target text given the source text and what comes before it, for encoder-decoders.
   *
   * @throws IllegalStateException if the folder has no tokenizer
   */
  public TextScore score(String source, String target) {
    return score(encode(source), requireTokenizer().target().encodeToIds(target));
  }

  /**
   * The log-probability of each label given the source and the labels before it.
   *
   * @param source ids for the encoder
   * @param labels ids of the target, without the start id
   */
  public TextScore score(int[] source, int[] labels) {
    int[] decoder = new int[labels.length];
    decoder[0] = startId(defaults);
    System.arraycopy(labels, 0, decoder, 1, labels.length - 1);
    return TextScore.of(model, new int[][] {source, decoder}, labels);
  }

  @Override
  public void close() {
    model.close();
  }
}
