package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.draw.Candidates;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The processors of one generation, in order. {@link #of} makes those that a configuration asks for, in the order of transformers'
 * {@code _get_logits_processor}: bias, penalties, n-grams, bad words, lengths, prefix function, forced tokens, suppressed tokens, the
 * user's own, constraints, and when sampling the filters from temperature to eta, last the normalisation.
 *
 * <p>Some processors keep scratch space: one chain belongs to one generation and one thread.
 */
public final class ProcessorChain {
  private final List<LogitsProcessor> processors;
  private final int firstFilter;

  public ProcessorChain(List<? extends LogitsProcessor> processors) {
    this.processors = new ArrayList<>(processors);
    int first = this.processors.size();
    while (first > 0 && this.processors.get(first - 1) instanceof CandidateFilter) {
      first--;
    }
    firstFilter = first;
  }

  /**
   * What a generation is about.
   *
   * @param promptLength ids before the first generated one, padding included; for an encoder-decoder the decoder's
   * @param maxLength most ids of a sequence, prompt included
   * @param sources ids whose repetition the encoder settings speak of: the encoder's input, for a decoder-only model the padded
   *     prompts; one row a batch entry
   */
  public record Inputs(int promptLength, int maxLength, int[][] sources) {}

  /**
   * The chain that a configuration asks for.
   *
   * @param own processors of the user; they come before the filters of sampling
   */
  public static ProcessorChain of(
      GenerationConfig config, Inputs inputs, List<? extends LogitsProcessor> own) {
    return of(config, inputs, null, own);
  }

  /**
   * The chain that a configuration asks for, with a function that names the allowed tokens.
   *
   * @param prefix that function's processor; it comes where transformers has it, after the lengths
   */
  public static ProcessorChain of(
      GenerationConfig config,
      Inputs inputs,
      @Nullable PrefixAllowedTokens prefix,
      List<? extends LogitsProcessor> own) {
    List<LogitsProcessor> chain = new ArrayList<>();
    addPenalties(chain, config, inputs);
    addLengths(chain, config, inputs);
    if (prefix != null) {
      chain.add(prefix);
    }
    addForcedAndSuppressed(chain, config, inputs);
    chain.addAll(own);
    if (config.get(Setting.DO_SAMPLE)) {
      addFilters(chain, config);
    }
    if (config.get(Setting.RENORMALIZE_LOGITS)) {
      chain.add(new Renormalize());
    }
    return new ProcessorChain(chain);
  }

  private static void addPenalties(
      List<LogitsProcessor> chain, GenerationConfig config, Inputs inputs) {
    List<Setting.Bias> biases = config.find(Setting.SEQUENCE_BIAS);
    if (biases != null && !biases.isEmpty()) {
      chain.add(sequenceBias(biases));
    }
    double encoderPenalty = config.get(Setting.ENCODER_REPETITION_PENALTY);
    if (encoderPenalty != 1) {
      chain.add(new EncoderRepetitionPenalty((float) encoderPenalty, inputs.sources()));
    }
    double penalty = config.get(Setting.REPETITION_PENALTY);
    if (penalty != 1) {
      chain.add(new RepetitionPenalty((float) penalty));
    }
    double presence = config.get(Setting.PRESENCE_PENALTY);
    if (presence != 0) {
      chain.add(new PresencePenalty((float) presence));
    }
    double frequency = config.get(Setting.FREQUENCY_PENALTY);
    if (frequency != 0) {
      chain.add(new FrequencyPenalty((float) frequency));
    }
    int ngram = config.get(Setting.NO_REPEAT_NGRAM_SIZE);
    if (ngram > 0) {
      chain.add(new NoRepeatNgram(ngram));
    }
    int encoderNgram = config.get(Setting.ENCODER_NO_REPEAT_NGRAM_SIZE);
    if (encoderNgram > 0) {
      chain.add(new EncoderNoRepeatNgram(encoderNgram, inputs.sources()));
    }
    List<List<Integer>> badWords = config.find(Setting.BAD_WORDS_IDS);
    if (badWords != null && !badWords.isEmpty()) {
      int[][] words = new int[badWords.size()][];
      for (int i = 0; i < words.length; i++) {
        words[i] = ints(badWords.get(i));
      }
      chain.add(new BadWords(words, config.eosTokenIds()));
    }
  }

  private static void addLengths(
      List<LogitsProcessor> chain, GenerationConfig config, Inputs inputs) {
    int[] eos = config.eosTokenIds();
    int minLength = config.minLength(inputs.promptLength());
    if (minLength > 0 && eos.length > 0) {
      chain.add(new MinLength(minLength, eos));
    }
    Integer minNewTokens = config.find(Setting.MIN_NEW_TOKENS);
    if (minNewTokens != null && minNewTokens > 0 && eos.length > 0) {
      chain.add(new MinNewTokens(inputs.promptLength(), minNewTokens, eos));
    }
  }

  private static void addForcedAndSuppressed(
      List<LogitsProcessor> chain, GenerationConfig config, Inputs inputs) {
    Integer forcedBos = config.find(Setting.FORCED_BOS_TOKEN_ID);
    if (forcedBos != null) {
      chain.add(new ForcedBos(forcedBos));
    }
    int[] forcedEos = config.ints(Setting.FORCED_EOS_TOKEN_ID);
    if (forcedEos.length > 0) {
      chain.add(new ForcedEos(inputs.maxLength(), forcedEos));
    }
    if (config.get(Setting.REMOVE_INVALID_VALUES)) {
      chain.add(new RemoveInvalidValues());
    }
    Setting.LengthDecay decay = config.find(Setting.EXPONENTIAL_DECAY_LENGTH_PENALTY);
    if (decay != null) {
      chain.add(
          new ExponentialDecayLengthPenalty(
              decay.startIndex(), decay.factor(), inputs.promptLength(), config.eosTokenIds()));
    }
    int[] suppressed = config.ints(Setting.SUPPRESS_TOKENS);
    if (suppressed.length > 0) {
      chain.add(new SuppressTokens(suppressed));
    }
    int[] atBegin = config.ints(Setting.BEGIN_SUPPRESS_TOKENS);
    if (atBegin.length > 0) {
      boolean afterForced = inputs.promptLength() <= 1 && forcedBos != null;
      chain.add(new BeginSuppressTokens(inputs.promptLength() + (afterForced ? 1 : 0), atBegin));
    }
  }

  private static void addFilters(List<LogitsProcessor> chain, GenerationConfig config) {
    int keep =
        config.get(Setting.NUM_BEAMS) == 1 ? 1 : Math.max(2, config.eosTokenIds().length + 1);
    double temperature = config.get(Setting.TEMPERATURE);
    if (temperature != 1) {
      chain.add(new Temperature((float) temperature));
    }
    Double topH = config.find(Setting.TOP_H);
    if (topH != null) {
      chain.add(new TopH(topH));
    }
    int topK = config.get(Setting.TOP_K);
    if (topK > 0) {
      chain.add(new TopK(topK, keep));
    }
    double topP = config.get(Setting.TOP_P);
    if (topP < 1) {
      chain.add(new TopP(topP, keep));
    }
    Double minP = config.find(Setting.MIN_P);
    if (minP != null) {
      chain.add(new MinP(minP, keep));
    }
    double typicalP = config.get(Setting.TYPICAL_P);
    if (typicalP < 1) {
      chain.add(new TypicalP(typicalP, keep));
    }
    double epsilon = config.get(Setting.EPSILON_CUTOFF);
    if (epsilon > 0 && epsilon < 1) {
      chain.add(new EpsilonCutoff(epsilon, keep));
    }
    double eta = config.get(Setting.ETA_CUTOFF);
    if (eta > 0 && eta < 1) {
      chain.add(new EtaCutoff(eta, keep));
    }
  }

  private static SequenceBias sequenceBias(List<Setting.Bias> biases) {
    int[][] sequences = new int[biases.size()][];
    float[] values = new float[biases.size()];
    for (int i = 0; i < values.length; i++) {
      sequences[i] = ints(biases.get(i).tokenIds());
      values[i] = (float) biases.get(i).bias();
    }
    return new SequenceBias(sequences, values);
  }

  private static int[] ints(List<Integer> list) {
    int[] ints = new int[list.size()];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = list.get(i);
    }
    return ints;
  }

  /** The processors, in order. */
  public List<LogitsProcessor> processors() {
    return Collections.unmodifiableList(processors);
  }

  /** True if nothing is changed. */
  public boolean isEmpty() {
    return processors.isEmpty();
  }

  /**
   * Changes all rows of a step; row {@code r} begins at {@code r * length}.
   *
   * @param scores {@code rows.size() * length} scores
   * @param length size of the vocabulary
   */
  public void process(List<? extends TokenSequence> rows, float[] scores, int length) {
    for (LogitsProcessor processor : processors) {
      processor.processAll(rows, scores, length);
    }
  }

  /** {@link #process} without the filters at the end of the chain; {@link #candidates} does the rest. */
  public void processBeforeFilters(List<? extends TokenSequence> rows, float[] scores, int length) {
    for (int i = 0; i < firstFilter; i++) {
      processors.get(i).processAll(rows, scores, length);
    }
  }

  /**
   * Whether the filters are at most a temperature and then a top-p: most of the row may be left then, and a draw over the whole row is faster
   * than lists of candidates.
   */
  public boolean leavesMuch() {
    int next = firstFilter;
    if (next < processors.size() && processors.get(next) instanceof Temperature) {
      next++;
    }
    if (next < processors.size() && processors.get(next) instanceof TopP) {
      next = ((TopP) processors.get(next)).minTokensToKeep() == 1 ? next + 1 : next;
    }
    return next == processors.size();
  }

  /** The top-p of a chain that {@link #leavesMuch}, 1 if there is none. */
  public double topP() {
    LogitsProcessor last = processors.isEmpty() ? null : processors.get(processors.size() - 1);
    return last instanceof TopP && firstFilter < processors.size() ? ((TopP) last).topP() : 1;
  }

  /** The temperature of a chain that {@link #leavesMuch}, 1 if there is none. */
  public float temperature() {
    boolean has =
        firstFilter < processors.size() && processors.get(firstFilter) instanceof Temperature;
    return has ? ((Temperature) processors.get(firstFilter)).temperature() : 1;
  }

  /**
   * What is left of one row after the filters at the end of the chain. The row itself is not changed.
   *
   * @param scores scores that went through {@link #processBeforeFilters}
   * @param offset where the row begins
   * @param length size of the vocabulary
   * @param candidates receives the tokens that are left
   */
  public void candidates(float[] scores, int offset, int length, Candidates candidates) {
    int next = firstFilter;
    if (next < processors.size() && processors.get(next) instanceof Temperature) {
      next++;
    }
    if (next < processors.size() && processors.get(next) instanceof TopK) {
      candidates.loadTopK(scores, offset, length, ((TopK) processors.get(next)).effective());
    } else {
      candidates.load(scores, offset, length);
    }
    for (int i = firstFilter; i < processors.size(); i++) {
      ((CandidateFilter) processors.get(i)).filter(candidates);
    }
  }
}
