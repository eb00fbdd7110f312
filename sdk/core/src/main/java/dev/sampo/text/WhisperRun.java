package dev.sampo.text;

import dev.sampo.Timings;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.draw.TokenDraw;
import dev.sampo.samplers.text.draw.TorchDraw;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.TextModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One sound under way, window by window; see {@link WhisperLongForm}. Of one thread. */
final class WhisperRun {
  private final LoadedTextGenerator generator;
  private final GenerationRequest request;
  private final WhisperOptions options;
  private final GenerationConfig config;
  private final WhisperRules.Sizes sizes;
  private final float[] features;
  private final int mels;
  private final int frames;
  private final int timestampBegin;
  private final List<@Nullable Double> temperatures;
  private final int[] prompt;
  private final List<Transcript.Segment> segments = new ArrayList<>();
  private final long begin;
  private int[] start = new int[0];
  private int beams;
  private @Nullable Integer maxLength;
  private boolean conditioned;
  private @Nullable TokenDraw draw;
  private @Nullable Long seed;
  private double prefillMillis;
  private double modelMillis;
  private double loopMillis;
  private long steps;

  /** What an attempt at a window gave. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Attempt(int[] ids, boolean skip) {}

  WhisperRun(LoadedTextGenerator generator, GenerationRequest request, WhisperOptions options) {
    this.generator = generator;
    this.request = request;
    this.begin = request.nanoClock().getAsLong();
    this.sizes = generator.whisper();
    this.options = options.over(sizes.options());
    this.conditioned = Boolean.TRUE.equals(this.options.conditionOnPrevTokens());
    Tensor tensor = features(request);
    this.features = tensor.toFloats();
    this.mels = (int) tensor.shape().dim(1);
    this.frames = (int) tensor.shape().dim(2);
    GenerationConfig merged = generator.generationConfig().overriddenBy(request.config());
    boolean timestamps = frames > sizes.windowFrames() || merged.get(Setting.RETURN_TIMESTAMPS);
    this.config = merged.toBuilder().returnTimestamps(timestamps).build();
    this.timestampBegin = timestampBegin(timestamps);
    this.beams = config.get(Setting.NUM_BEAMS);
    this.maxLength = config.find(Setting.MAX_LENGTH);
    this.temperatures = temperatures();
    this.prompt =
        WhisperRules.promptIds(this.options, generator.tokenizer(), previousId(), timestampBegin);
    checkOne("numReturnSequences", config.get(Setting.NUM_RETURN_SEQUENCES));
  }

  private static Tensor features(GenerationRequest request) {
    Tensor tensor = request.inputFeatures();
    if (tensor == null || tensor.shape().rank() != 3) {
      throw new RequestException(
          "inputFeatures",
          "A sound is inputFeatures of shape [1, mels, frames] (got "
              + (tensor == null ? "none" : tensor.shape())
              + "). LogMelFeatures.whole makes them.");
    }
    checkOne("inputFeatures", tensor.shape().dim(0));
    if (request.decoderIds() != null) {
      throw new RequestException(
          "decoderIds",
          "What the decoder begins with changes from window to window: set language, task and"
              + " conditionOnPrevTokens in place of decoderIds.");
    }
    return tensor;
  }

  private static void checkOne(String option, long count) {
    if (count != 1) {
      throw new RequestException(
          option, option + " asks for " + count + " rows; long-form transcription goes over one.");
    }
  }

  private int timestampBegin(boolean timestamps) {
    Integer none = config.find(Setting.NO_TIMESTAMPS_TOKEN_ID);
    if (none == null && (timestamps || options.noSpeechThreshold() != null)) {
      throw new RequestException(
          "returnTimestamps",
          "Sounds longer than a window need timestamps, but generation_config.json has no"
              + " no_timestamps_token_id. Take the file that came with the model.");
    }
    return none == null ? Integer.MAX_VALUE : none + 1;
  }

  /** The options', else the request's own, else the folder's list; a single one of the folder's is not looked at, as in transformers. */
  private List<@Nullable Double> temperatures() {
    if (!options.temperatures().isEmpty()) {
      return new ArrayList<@Nullable Double>(options.temperatures());
    }
    GenerationConfig asked = request.config();
    List<Double> folder = sizes.options().temperatures();
    if (!asked.isSet(Setting.TEMPERATURE) && !folder.isEmpty()) {
      return new ArrayList<@Nullable Double>(folder);
    }
    return Collections.singletonList(
        asked.isSet(Setting.TEMPERATURE) ? asked.find(Setting.TEMPERATURE) : null);
  }

  void run() {
    try (Tensor first = window(0, Math.min(frames, sizes.windowFrames()))) {
      int[][] none = new int[1][0];
      TextModel.Batch batch =
          new TextModel.Batch(none, none, new int[][] {{GenerationPlanner.startId(config)}}, first);
      start =
          new WhisperRules(generator.model(), config, request.cancellation()).prefixes(batch)[0];
    }
    int seek = 0;
    while (seek < frames) {
      request.cancellation().throwIfCancelled();
      int count = Math.min(frames - seek, sizes.windowFrames());
      try (Tensor window = window(seek, count)) {
        Attempt attempt = attempt(window);
        seek += attempt.skip() ? count : add(attempt.ids(), seek, count);
      }
    }
  }

  /** Frames from {@code seek} on, filled up with zeros. */
  private Tensor window(int seek, int count) {
    float[] part = new float[mels * sizes.windowFrames()];
    for (int m = 0; m < mels; m++) {
      System.arraycopy(features, m * frames + seek, part, m * sizes.windowFrames(), count);
    }
    return Tensor.ofFloats(Shape.of(1, mels, sizes.windowFrames()), part);
  }

  // ---- one window

  private Attempt attempt(Tensor window) {
    int[] before = decoderIds();
    int most = most(before.length);
    double silence = options.noSpeechThreshold() == null ? 0 : noSpeechProbability(window, before);
    Attempt attempt = new Attempt(new int[0], false);
    for (Double temperature : temperatures) {
      GenerationResult result = generate(window, before, most, temperature);
      int[] ids = result.sequence().ids();
      boolean again = false;
      Double highest = options.compressionRatioThreshold();
      if (highest != null) {
        again = WhisperScores.compressionRatio(ids, generator.vocabularySize()) > highest;
      }
      boolean skip = false;
      Double lowest = options.logprobThreshold();
      if (lowest != null
          && WhisperScores.meanLogProbability(result, generator.vocabularySize(), temperature)
              < lowest) {
        Double noSpeech = options.noSpeechThreshold();
        skip = noSpeech != null && silence > noSpeech;
        again = true;
      }
      attempt = new Attempt(withoutEnd(ids), skip);
      conditioned =
          Boolean.TRUE.equals(options.conditionOnPrevTokens())
              && (temperature == null || temperature < 0.5);
      if (!again || skip) {
        break;
      }
    }
    return attempt;
  }

  /** What came before, if it is told, then start, language and task. A prompt is told to every window that is not told what came before. */
  private int[] decoderIds() {
    boolean atTheHead = prompt.length > 0 && !options.promptForAllSegments();
    if (!conditioned || segments.isEmpty() && !atTheHead) {
      return joined(prompt, start);
    }
    List<Integer> previous = new ArrayList<>();
    if (atTheHead) {
      int from = prompt[0] == sizes.previousId() ? 1 : 0;
      Arrays.stream(prompt, from, prompt.length).forEach(previous::add);
    }
    for (Transcript.Segment segment : segments) {
      List<Integer> ids = segment.ids();
      // Of two timestamps at the end, the second belongs to what follows.
      boolean pair = ids.size() > 2 && ids.get(ids.size() - 2) >= timestampBegin;
      previous.addAll(pair ? ids.subList(0, ids.size() - 1) : ids);
    }
    int cut = sizes.targetPositions() / 2 - 1;
    List<Integer> ids =
        new ArrayList<>(previous.subList(Math.max(0, previous.size() - cut), previous.size()));
    int[] told = ids.stream().mapToInt(Integer::intValue).toArray();
    int token = previousId();
    int[] head = token >= 0 ? new int[] {token} : new int[0];
    return joined(options.promptForAllSegments() ? prompt : head, joined(told, start));
  }

  private static int[] joined(int[] first, int[] second) {
    int[] ids = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, ids, first.length, second.length);
    return ids;
  }

  /** As transformers: where the folder does not name it, it is the last but one of the tokens that are suppressed. */
  private int previousId() {
    List<Integer> suppressed = config.find(Setting.SUPPRESS_TOKENS);
    if (sizes.previousId() < 0 && suppressed != null && suppressed.size() >= 2) {
      return suppressed.get(suppressed.size() - 2);
    }
    return sizes.previousId();
  }

  /** Most ids of the window, those that it begins with included. */
  private int most(int beforeLength) {
    Integer maxNewTokens = config.find(Setting.MAX_NEW_TOKENS);
    if ((maxNewTokens == null ? 1 : maxNewTokens) > sizes.targetPositions() - beforeLength) {
      throw new RequestException(
          "maxNewTokens",
          "The decoder begins with "
              + beforeLength
              + " ids and max_new_tokens is "
              + maxNewTokens
              + ", more than its "
              + sizes.targetPositions()
              + " positions (max_target_positions). Set max_new_tokens lower, or shorten the prompt.");
    }
    if (maxNewTokens != null) {
      return beforeLength + maxNewTokens;
    }
    int added = Math.min(sizes.targetPositions() / 2 - 1, beforeLength);
    maxLength = Math.min((maxLength == null ? 20 : maxLength) + added, sizes.targetPositions());
    return maxLength;
  }

  private GenerationResult generate(
      Tensor window, int[] before, int most, @Nullable Double temperature) {
    boolean sample = temperature != null && temperature > 0;
    GenerationConfig.Builder settings =
        request.config().toBuilder()
            .returnTimestamps(config.get(Setting.RETURN_TIMESTAMPS))
            .doSample(sample)
            .temperature(sample ? temperature : 1.0);
    if (sample) {
      beams = 1;
      ready();
    }
    if (config.find(Setting.MAX_NEW_TOKENS) == null) {
      settings.maxLength(most);
    }
    if (options.logprobThreshold() != null) {
      settings.outputScores(true);
    }
    GenerationRequest asked =
        request.toBuilder()
            .inputFeatures(window)
            .decoderIds(before)
            .draw(draw)
            .config(settings.numBeams(beams).build())
            .build();
    GenerationResult result = generator.generate(asked);
    prefillMillis += result.timings().prefillMillis();
    modelMillis += result.timings().modelMillis();
    loopMillis += result.timings().loopMillis();
    steps += result.timings().steps();
    return result;
  }

  /** One stream of draws goes on over all windows. */
  private void ready() {
    if (draw != null) {
      return;
    }
    draw = request.draw();
    if (draw == null) {
      Long given = request.seed();
      seed = given != null ? given : Long.valueOf(new Random().nextInt() & 0xffffffffL);
      draw = new TorchDraw(seed);
    }
  }

  /** The probability, right after the start token, of the token before the one that switches timestamps off. */
  private double noSpeechProbability(Tensor window, int[] before) {
    int[] until = Arrays.copyOf(before, before.length - start.length + 1);
    int[][] none = new int[1][0];
    TextModel.Batch batch = new TextModel.Batch(none, none, new int[][] {until}, window);
    try (DecodingState state = generator.model().start(batch, 1, false, request.cancellation())) {
      return Math.exp(
          Rows.logProbability(state.logits(), 0, state.vocabularySize(), timestampBegin - 2));
    }
  }

  private int[] withoutEnd(int[] ids) {
    int[] eos = config.eosTokenIds();
    boolean ended =
        ids.length > 0 && Arrays.stream(eos).anyMatch(end -> end == ids[ids.length - 1]);
    return ended ? Arrays.copyOf(ids, ids.length - 1) : ids;
  }

  // ---- segments

  /**
   * Cuts a window's ids where two timestamps meet, and adds the pieces.
   *
   * @return frames to go on by: up to the last of those cuts, or the whole window
   */
  private int add(int[] ids, int seek, int count) {
    double offset = seek * WhisperScores.SECONDS_A_POSITION / WhisperRules.Sizes.STRIDE;
    List<Integer> cuts = new ArrayList<>();
    for (int i = 1; i < ids.length; i++) {
      if (ids[i - 1] >= timestampBegin && ids[i] >= timestampBegin) {
        cuts.add(i);
      }
    }
    if (cuts.isEmpty()) {
      add(ids, offset, offset + lastPosition(ids, count) * WhisperScores.SECONDS_A_POSITION);
      return count;
    }
    int n = ids.length;
    boolean endsWithOne = n > 1 && ids[n - 1] >= timestampBegin && ids[n - 2] < timestampBegin;
    if (endsWithOne) {
      cuts.add(n);
    } else {
      // The last segment keeps both timestamps, which tells that more follows.
      cuts.set(cuts.size() - 1, cuts.get(cuts.size() - 1) + 1);
    }
    int from = 0;
    for (int c = 0; c < cuts.size(); c++) {
      int to = cuts.get(c);
      int last = c < cuts.size() - 1 || endsWithOne ? to - 1 : to - 2;
      add(
          Arrays.copyOfRange(ids, from, to),
          offset + seconds(ids[from]),
          offset + seconds(ids[last]));
      from = to;
    }
    int step = endsWithOne ? count : (ids[from - 2] - timestampBegin) * WhisperRules.Sizes.STRIDE;
    // A cut at 0 (only processors of the caller's make one) would never end; transformers hangs
    // there.
    return step > 0 ? step : count;
  }

  private double seconds(int id) {
    return (id - timestampBegin) * WhisperScores.SECONDS_A_POSITION;
  }

  /** The last timestamp, unless it is the first there is; otherwise the end of the window. */
  private int lastPosition(int[] ids, int count) {
    for (int i = ids.length - 1; i >= 0; i--) {
      if (ids[i] > timestampBegin) {
        return ids[i] - timestampBegin;
      }
      if (ids[i] == timestampBegin) {
        break;
      }
    }
    return (int) (count * 0.01 / WhisperScores.SECONDS_A_POSITION);
  }

  private void add(int[] ids, double startSeconds, double endSeconds) {
    List<Integer> list = new ArrayList<>();
    for (int id : ids) {
      list.add(id);
    }
    segments.add(new Transcript.Segment(startSeconds, endSeconds, list, text(list)));
  }

  private String text(List<Integer> ids) {
    if (generator.tokenizer() == null) {
      return "";
    }
    return generator.decode(
        ids.stream().mapToInt(Integer::intValue).filter(id -> id < timestampBegin).toArray());
  }

  /** What is there by now. */
  Transcript transcript() {
    List<Integer> ids = new ArrayList<>();
    segments.forEach(segment -> ids.addAll(segment.ids()));
    double total = (request.nanoClock().getAsLong() - begin) / 1e6;
    Timings timings =
        new Timings(generator.loadMillis(), prefillMillis, loopMillis, modelMillis, total, steps);
    return new Transcript(segments, text(ids), seed, timings);
  }
}
