package dev.sampo.sound;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Seeds;
import dev.sampo.internal.Sizes;
import dev.sampo.internal.Stopwatch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRunException;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.random.TorchGenerator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** VITS on ONNX Runtime. */
final class OnnxVits implements SpeechPipeline {
  /** Frames an id that noise is first drawn for; most are spoken in 2 to 10. */
  private static final int FRAMES_AN_ID = 64;

  private static final int MOST_FRAMES_AN_ID = 4096;

  private final ModelFolder folder;
  private final Graph graph;
  private final JsonNode config;
  private final SpeechText text;
  private final boolean takesNoise;
  private final int samplesAFrame;
  private final double loadMillis;

  private OnnxVits(ModelFolder folder, Graph graph, double loadMillis) {
    this.folder = folder;
    this.graph = graph;
    this.config = folder.jsonOrEmpty("config.json");
    this.text = new SpeechText(folder);
    this.takesNoise = graph.inputs().containsKey("noise_prior");
    int product = 1;
    for (JsonNode rate : config.path("upsample_rates")) {
      Path file = folder.root().resolve("config.json");
      product =
          Sizes.stated(
              IntNode.valueOf(Sizes.stated(rate, "upsample_rates", file, 1, 4096) * product),
              "the product of upsample_rates",
              file,
              1,
              1 << 18);
    }
    this.samplesAFrame = product;
    this.loadMillis = loadMillis;
    if (sampleRateHz() < 1) {
      throw new ModelException(
          folder.root().resolve("config.json"),
          "config.json of " + folder.root() + " states no sampling_rate.");
    }
  }

  static OnnxVits open(ModelFolder folder, SessionConfig session) {
    long start = System.nanoTime();
    if (folder.family() != Family.VITS) {
      throw new ModelException(
          folder.root(),
          folder.root()
              + " is of family '"
              + folder.family().label()
              + "'; speech comes from 'vits' and 'speecht5'.");
    }
    Graph graph =
        folder.load(folder.has("model_with_noise") ? "model_with_noise" : "model", session);
    try {
      return new OnnxVits(folder, graph, (System.nanoTime() - start) / 1e6);
    } catch (RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return folder.name();
  }

  @Override
  public Family family() {
    return Family.VITS;
  }

  @Override
  public int sampleRateHz() {
    return config.path("sampling_rate").asInt(0);
  }

  @Override
  public int speakerCount() {
    return graph.inputs().containsKey("speaker_id")
        ? Math.max(1, config.path("num_speakers").asInt(1))
        : 1;
  }

  @Override
  public int speakerEmbeddingSize() {
    return 0;
  }

  @Override
  public SpeechResult speak(SpeechRequest request) {
    Stopwatch clock = new Stopwatch(loadMillis);
    checkOptions(request);
    List<int[]> ids = text.ids(request);
    long seed = Seeds.orDrawn(request.seed());
    clock.loopBegins();
    List<Utterance> said;
    try (Batch batch = new Batch(ids, request, seed)) {
      said = batch.speak(request.cancellation());
    }
    clock.loopEnds(1);
    request.watch().at(ids.size(), ids.size());
    SpeechResult result = new SpeechResult(sampleRateHz(), said, seed, clock.timings());
    if (request.cancellation().isCancelled()) {
      // All texts are one step: its listener can give up what is done, and gets it.
      throw new CancelledException("Cancelled", null, result);
    }
    return result;
  }

  private void checkOptions(SpeechRequest request) {
    Integer speaker = request.speaker();
    if (speaker != null && !(speaker >= 0 && speaker < speakerCount())) {
      throw new RequestException(
          "speaker",
          name()
              + " has "
              + speakerCount()
              + " voice(s); speaker counts from 0, got "
              + speaker
              + ".");
    }
    if (request.speakerEmbedding().length > 0) {
      throw new RequestException(
          "speakerEmbedding", name() + " takes no speaker vector; choose by speaker.");
    }
    if (!takesNoise) {
      refuse("speakingRate", request.speakingRate());
      refuse("noiseScale", request.noiseScale());
      refuse("noiseScaleDuration", request.noiseScaleDuration());
    }
  }

  private void refuse(String option, @Nullable Double value) {
    if (value != null) {
      throw new RequestException(
          option,
          "The graph of "
              + name()
              + " has its noise and its rate inside: "
              + option
              + " cannot be chosen. Export model_with_noise.onnx (spec vits) to choose.");
    }
  }

  @Override
  public void close() {
    graph.close();
  }

  /** All texts of a request, side by side. */
  private final class Batch implements AutoCloseable {
    private final List<int[]> ids;
    private final int length;
    private final TorchGenerator generator;
    private final double noiseScale;
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();

    Batch(List<int[]> ids, SpeechRequest request, long seed) {
      this.ids = ids;
      this.generator = new TorchGenerator(seed);
      int longest = 0;
      for (int[] row : ids) {
        longest = Math.max(longest, row.length);
      }
      this.length = longest;
      this.noiseScale = ratio(request.noiseScale(), "noise_scale");
      long[] flat = new long[ids.size() * length];
      long[] mask = new long[flat.length];
      for (int r = 0; r < ids.size(); r++) {
        for (int i = 0; i < ids.get(r).length; i++) {
          flat[r * length + i] = ids.get(r)[i];
          mask[r * length + i] = 1;
        }
      }
      Shape shape = Shape.of(ids.size(), length);
      inputs.put("input_ids", Tensor.ofLongs(shape, flat));
      inputs.put("attention_mask", Tensor.ofLongs(shape, mask));
      Integer speaker = request.speaker();
      inputs.put("speaker_id", Tensor.ofLongs(Shape.of(1), speaker == null ? 0 : speaker));
      if (takesNoise) {
        float[] duration = new float[ids.size() * 2 * length];
        generator.randn(duration, 0, duration.length);
        scale(duration, ratio(request.noiseScaleDuration(), "noise_scale_duration"));
        inputs.put("noise_duration", Tensor.ofFloats(Shape.of(ids.size(), 2, length), duration));
        Double rate = request.speakingRate();
        float speed = (float) (rate != null ? rate : config.path("speaking_rate").asDouble(1));
        inputs.put("speaking_rate", Tensor.ofFloats(Shape.of(1), speed));
      }
    }

    /** What noise is multiplied by so that the graph, which multiplies by the configuration's scale, arrives at the one asked for. */
    private double ratio(@Nullable Double asked, String key) {
      if (asked == null) {
        return 1;
      }
      double own = config.path(key).asDouble(0);
      if (own == 0 && asked != 0) {
        throw new RequestException(
            key.equals("noise_scale") ? "noiseScale" : "noiseScaleDuration",
            "config.json of " + name() + " has " + key + " 0: the graph takes no noise there.");
      }
      return own == 0 ? 0 : asked / own;
    }

    List<Utterance> speak(CancellationToken token) {
      if (!takesNoise) {
        try (Outputs outputs = run(token)) {
          return utterances(outputs);
        }
      }
      int channels = (int) graph.inputs().get("noise_prior").shape().dim(1);
      if (ids.size() > 1) {
        // PyTorch draws in the order of memory, [batch, frames, channels]: how many frames there
        // are has
        // to be known first. The durations do not depend on this noise.
        int frames = frames(channels, token);
        return withNoise(channels, frames, token);
      }
      // Of one text the first frames' noise is the same however many there are.
      for (int each = FRAMES_AN_ID; ; each *= 8) {
        try {
          return withNoise(channels, each * length, token);
        } catch (GraphRunException e) {
          if (each >= MOST_FRAMES_AN_ID) {
            throw e;
          }
        }
      }
    }

    private int frames(int channels, CancellationToken token) {
      for (int each = FRAMES_AN_ID; ; each *= 8) {
        Shape shape = Shape.of(ids.size(), channels, (long) each * length);
        try (Tensor none = Tensor.allocate(graph.inputs().get("noise_prior").type(), shape)) {
          inputs.put("noise_prior", none);
          try (Outputs outputs = graph.run(known(), Collections.singleton("spectrogram"), token)) {
            return (int) outputs.get("spectrogram").shape().dim(2);
          }
        } catch (GraphRunException e) {
          if (each >= MOST_FRAMES_AN_ID) {
            throw e;
          }
        } finally {
          inputs.remove("noise_prior");
        }
      }
    }

    private List<Utterance> withNoise(int channels, int frames, CancellationToken token) {
      TorchGenerator.State state = generator.state();
      float[] drawn = new float[Math.multiplyExact(ids.size() * channels, frames)];
      generator.randnOneByOne(drawn);
      generator.restore(state);
      float[] noise = new float[drawn.length];
      for (int b = 0; b < ids.size(); b++) {
        for (int f = 0; f < frames; f++) {
          for (int c = 0; c < channels; c++) {
            noise[(b * channels + c) * frames + f] = drawn[(b * frames + f) * channels + c];
          }
        }
      }
      scale(noise, noiseScale);
      try (Tensor prior = Tensor.ofFloats(Shape.of(ids.size(), channels, frames), noise)) {
        inputs.put("noise_prior", prior);
        try (Outputs outputs = run(token)) {
          return utterances(outputs);
        }
      } finally {
        inputs.remove("noise_prior");
      }
    }

    private Outputs run(CancellationToken token) {
      Set<String> wanted = new LinkedHashSet<>(Arrays.asList("waveform", "spectrogram"));
      wanted.retainAll(graph.outputs().keySet());
      return graph.run(known(), wanted, token);
    }

    private Map<String, Tensor> known() {
      Map<String, Tensor> known = new LinkedHashMap<>(inputs);
      known.keySet().retainAll(graph.inputs().keySet());
      return known;
    }

    private List<Utterance> utterances(Outputs outputs) {
      Tensor waveform = outputs.get("waveform");
      float[] sound = waveform.toFloats();
      int total = (int) waveform.shape().dim(1);
      boolean told = outputs.names().contains("spectrogram");
      float[] latents = told ? outputs.get("spectrogram").toFloats() : new float[0];
      int channels = told ? (int) outputs.get("spectrogram").shape().dim(1) : 0;
      int frames = told ? (int) outputs.get("spectrogram").shape().dim(2) : 0;
      List<Utterance> said = new ArrayList<>();
      for (int b = 0; b < ids.size(); b++) {
        int own = told ? spoken(latents, b, channels, frames) : 0;
        int samples = told ? Math.min(total, own * samplesAFrame) : total;
        float[] spectrogram = new float[own * channels];
        for (int f = 0; f < own; f++) {
          for (int c = 0; c < channels; c++) {
            spectrogram[f * channels + c] = latents[(b * channels + c) * frames + f];
          }
        }
        float[] wave = Arrays.copyOfRange(sound, b * total, b * total + samples);
        said.add(new Utterance(ids.get(b), sampleRateHz(), wave, spectrogram, own, new float[0]));
      }
      return said;
    }

    /** Frames of one text: behind them the latents of a batch are zero. */
    private int spoken(float[] latents, int b, int channels, int frames) {
      for (int f = frames; f > 0; f--) {
        for (int c = 0; c < channels; c++) {
          if (latents[(b * channels + c) * frames + f - 1] != 0) {
            return f;
          }
        }
      }
      return 0;
    }

    @Override
    public void close() {
      inputs.values().forEach(Tensor::close);
    }
  }

  private static void scale(float[] values, double factor) {
    if (factor != 1) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (values[i] * factor);
      }
    }
  }
}
