package dev.sampo.sound;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Seeds;
import dev.sampo.internal.Stopwatch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** MusicGen on ONNX Runtime. */
final class OnnxMusicGen implements MusicPipeline {
  private static final Logger LOG = LoggerFactory.getLogger(OnnxMusicGen.class);

  /** transformers' length where no file states one. */
  private static final int USUAL_NEW_TOKENS = 20;

  private final ModelFolder folder;
  private final Graph textEncoder;
  private final Graph decoder;
  private final Graph codec;
  private final Tokenizer tokenizer;
  private final GenerationConfig generation;
  private final JsonNode config;
  private final int padId;
  private final int startId;
  private final int codebooks;
  private final int channels;
  private final double loadMillis;

  private OnnxMusicGen(ModelFolder folder, List<Graph> graphs, double loadMillis) {
    this.folder = folder;
    this.textEncoder = graphs.get(0);
    this.decoder = graphs.get(1);
    this.codec = graphs.get(2);
    this.tokenizer = folder.requireTokenizer().withPadding(null);
    this.config = folder.json("config.json");
    this.generation = generation(folder);
    JsonNode net = config.path("decoder");
    Integer pad = generation.find(Setting.PAD_TOKEN_ID);
    Integer first = generation.find(Setting.DECODER_START_TOKEN_ID);
    this.padId = pad != null ? pad : number(net, "pad_token_id");
    this.startId = first != null ? first : padId;
    this.codebooks = number(net, "num_codebooks");
    this.channels = net.path("audio_channels").asInt(1);
    this.loadMillis = loadMillis;
    if (codebooks < 1 || channels < 1 || channels > 2 || codebooks % channels != 0) {
      throw fault("has " + codebooks + " codebooks in " + channels + " channels.");
    }
  }

  private static GenerationConfig generation(ModelFolder folder) {
    JsonNode json = folder.jsonOrEmpty("generation_config.json");
    try {
      return GenerationConfig.parse(json, LOG::warn);
    } catch (RequestException e) {
      throw new ModelException(
          folder.root().resolve("generation_config.json"),
          "generation_config.json of " + folder.root() + ": " + e.getMessage(),
          e);
    }
  }

  private int number(JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.canConvertToInt()) {
      throw fault("states no " + key + " in decoder.");
    }
    return value.asInt();
  }

  private ModelException fault(String what) {
    return new ModelException(
        folder.root().resolve("config.json"), "config.json of " + folder.root() + " " + what);
  }

  static OnnxMusicGen open(ModelFolder folder, SessionConfig session) {
    long start = System.nanoTime();
    if (folder.family() != Family.MUSICGEN) {
      throw new ModelException(
          folder.root(),
          folder.root()
              + " is of family '"
              + folder.family().label()
              + "'; music comes from 'musicgen'.");
    }
    List<Graph> graphs = new ArrayList<>();
    try {
      for (String name : new String[] {"text_encoder", "decoder_merged", "encodec_decode"}) {
        graphs.add(folder.load(name, session));
      }
      return new OnnxMusicGen(folder, graphs, (System.nanoTime() - start) / 1e6);
    } catch (RuntimeException e) {
      graphs.forEach(Graph::close);
      throw e;
    }
  }

  @Override
  public String name() {
    return folder.name();
  }

  @Override
  public Family family() {
    return Family.MUSICGEN;
  }

  @Override
  public int sampleRateHz() {
    return Math.max(1, config.path("audio_encoder").path("sampling_rate").asInt(32000));
  }

  @Override
  public int channelCount() {
    return channels;
  }

  @Override
  public int codebookCount() {
    return codebooks;
  }

  @Override
  public double framesPerSecond() {
    double samples = 1;
    for (JsonNode ratio : config.path("audio_encoder").path("upsampling_ratios")) {
      samples *= Math.max(1, ratio.asInt(1));
    }
    return sampleRateHz() / samples;
  }

  @Override
  public MusicResult compose(MusicRequest request) {
    Stopwatch clock = new Stopwatch(loadMillis);
    long seed = Seeds.orDrawn(request.seed());
    int[][] start = start(request);
    int length = length(request, start[0].length);
    DelayPattern pattern = new DelayPattern(start, codebooks, channels, length, padId);
    MusicRun run = new MusicRun(this, request, start, pattern, length, seed);
    try {
      try (MusicText text = text(request)) {
        clock.loopBegins();
        run.walk(decoder, text);
      }
      clock.loopEnds(run.stepCount());
      return result(run.codes(), seed, clock, request.cancellation());
    } catch (CancelledException e) {
      clock.loopEnds(run.stepCount());
      throw new CancelledException(String.valueOf(e.getMessage()), e, partial(run, seed, clock));
    }
  }

  private @Nullable MusicResult partial(MusicRun run, long seed, Stopwatch clock) {
    int[][][] codes = run.codes();
    return codes[0][0].length < leastFrames()
        ? null
        : result(codes, seed, clock, CancellationToken.none());
  }

  GenerationConfig generation() {
    return generation;
  }

  int codebooks() {
    return codebooks;
  }

  int padId() {
    return padId;
  }

  // ---- what the decoder starts from

  private int sounds(MusicRequest request) {
    return request.texts().isEmpty() ? request.count() : request.texts().size();
  }

  /** The start id in every row, then the codes to go on from. */
  private int[][] start(MusicRequest request) {
    int sounds = sounds(request);
    List<int[][]> codes = request.codes();
    if (!codes.isEmpty() && codes.size() != sounds) {
      throw new RequestException(
          "codes", "codes go with sounds one by one: " + codes.size() + " for " + sounds + ".");
    }
    int frames = codes.isEmpty() ? 0 : codes.get(0).length == 0 ? 0 : codes.get(0)[0].length;
    int[][] start = new int[sounds * codebooks][frames + 1];
    for (int r = 0; r < start.length; r++) {
      start[r][0] = startId;
      if (frames > 0) {
        int[][] sound = codes.get(r / codebooks);
        if (sound.length != codebooks || sound[r % codebooks].length != frames) {
          throw new RequestException(
              "codes",
              name() + " wants " + codebooks + " rows of codes a sound, all equally long.");
        }
        System.arraycopy(sound[r % codebooks], 0, start[r], 1, frames);
      }
    }
    return start;
  }

  /** Ids of a row in the end; a max_length that stands in generation_config.json alone counts new ones, as in transformers 5.18. */
  private int length(MusicRequest request, int startLength) {
    long length;
    if (request.maxLength() != null) {
      length = request.maxLength();
    } else if (request.maxNewTokens() != null) {
      length = (long) startLength + request.maxNewTokens();
    } else if (request.durationSeconds() != null) {
      length = Math.max(1, Math.round(request.durationSeconds() * framesPerSecond())) + codebooks;
    } else if (generation.isSet(Setting.MAX_NEW_TOKENS)) {
      length = (long) startLength + generation.get(Setting.MAX_NEW_TOKENS);
    } else if (generation.isSet(Setting.MAX_LENGTH)) {
      length = (long) startLength + generation.get(Setting.MAX_LENGTH);
    } else {
      length = (long) startLength + USUAL_NEW_TOKENS;
    }
    String option = request.durationSeconds() != null ? "durationSeconds" : "maxNewTokens";
    if (length <= startLength) {
      throw new RequestException(
          option, "The codes given are as long as what is wanted: nothing is left to compose.");
    }
    if (length - codebooks / channels < leastFrames()) {
      throw new RequestException(
          option,
          "Sound of "
              + Math.max(0, length - codebooks / channels)
              + " frames is too short for the decoder of "
              + name()
              + ", which wants "
              + leastFrames()
              + " or more.");
    }
    if (length > Integer.MAX_VALUE / 8) {
      throw new RequestException(option, "Music of " + length + " steps is longer than can be.");
    }
    return (int) length;
  }

  /** EnCodec pads by reflection, which wants more frames than its widest kernel reaches over. */
  private int leastFrames() {
    return Math.max(1, config.path("audio_encoder").path("kernel_size").asInt(7));
  }

  /** T5's states of the texts, once, and zeros for the half without a text where there is guidance. */
  private MusicText text(MusicRequest request) {
    Double asked = request.guidanceScale();
    double scale = asked != null ? asked : generation.get(Setting.GUIDANCE_SCALE);
    int sounds = sounds(request);
    if (request.texts().isEmpty()) {
      int width = (int) decoder.inputs().get("encoder_hidden_states").shape().dim(2);
      return new MusicText(new float[sounds * width], new long[sounds], sounds, 1, width, 1);
    }
    List<int[]> ids = new ArrayList<>();
    int longest = 1;
    for (String text : request.texts()) {
      int[] row = tokenizer.encodeToIds(text, true);
      ids.add(row);
      longest = Math.max(longest, row.length);
    }
    long[] flat = new long[sounds * longest];
    Arrays.fill(flat, Math.max(0, tokenizer.padTokenId()));
    long[] mask = new long[flat.length];
    for (int b = 0; b < sounds; b++) {
      for (int i = 0; i < ids.get(b).length; i++) {
        flat[b * longest + i] = ids.get(b)[i];
        mask[b * longest + i] = 1;
      }
    }
    Shape shape = Shape.of(sounds, longest);
    try (Tensor input = Tensor.ofLongs(shape, flat);
        Tensor masked = Tensor.ofLongs(shape, mask)) {
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      inputs.put("input_ids", input);
      inputs.put("attention_mask", masked);
      inputs.keySet().retainAll(textEncoder.inputs().keySet());
      try (Outputs outputs =
          textEncoder.run(
              inputs, Collections.singleton("last_hidden_state"), request.cancellation())) {
        Tensor states = outputs.get("last_hidden_state");
        int width = (int) states.shape().dim(2);
        return new MusicText(states.toFloats(), mask, sounds, longest, width, scale);
      }
    }
  }

  // ---- sound

  private MusicResult result(int[][][] codes, long seed, Stopwatch clock, CancellationToken token) {
    float[][][] samples = new float[codes.length][channels][];
    for (int channel = 0; channel < channels; channel++) {
      decode(codes, channel, samples, token);
    }
    return new MusicResult(sampleRateHz(), samples, codes, seed, clock.timings());
  }

  /** In stereo even rows are the left stream, odd ones the right, each decoded on its own. */
  private void decode(int[][][] codes, int channel, float[][][] samples, CancellationToken token) {
    int streams = codebooks / channels;
    int frames = codes[0][0].length;
    long[] flat = new long[codes.length * streams * frames];
    for (int b = 0; b < codes.length; b++) {
      for (int k = 0; k < streams; k++) {
        for (int f = 0; f < frames; f++) {
          flat[(b * streams + k) * frames + f] = codes[b][k * channels + channel][f];
        }
      }
    }
    try (Tensor input = Tensor.ofLongs(Shape.of(1, codes.length, streams, frames), flat);
        Outputs outputs =
            codec.run(
                Collections.singletonMap("audio_codes", input),
                Collections.singleton("audio_values"),
                token)) {
      Tensor values = outputs.get("audio_values");
      float[] all = values.toFloats();
      int length = (int) values.shape().dim(2);
      int each = (int) values.shape().dim(1) * length;
      for (int b = 0; b < codes.length; b++) {
        samples[b][channel] = Arrays.copyOfRange(all, b * each, b * each + length);
      }
    }
  }

  @Override
  public void close() {
    textEncoder.close();
    decoder.close();
    codec.close();
  }
}
