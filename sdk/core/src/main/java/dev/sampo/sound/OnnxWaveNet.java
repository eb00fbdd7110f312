package dev.sampo.sound;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Seeds;
import dev.sampo.internal.Stopwatch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.MuLaw;
import dev.sampo.specs.Properties;
import java.util.List;

/** A WaveNet on ONNX Runtime. */
final class OnnxWaveNet implements WaveNetPipeline {
  private final LatentModel model;
  private final NamedGraph graph;
  private final Properties properties;
  private final int levels;
  private final boolean muLaw;

  private OnnxWaveNet(LatentModel model) {
    this.model = model;
    this.graph = model.graph("model");
    this.properties = model.json().properties();
    this.levels = properties.integer("levels");
    String encoding = properties.string("encoding", "mu-law");
    this.muLaw = encoding.equals("mu-law");
    if (!muLaw && !encoding.equals("linear")) {
      throw model.fault(
          "The encoding of "
              + model.json().name()
              + " is '"
              + encoding
              + "'; known: mu-law, linear.");
    }
  }

  static OnnxWaveNet open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.WAVENET, config);
    try {
      return new OnnxWaveNet(model);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return model.json().name();
  }

  @Override
  public Family family() {
    return Family.WAVENET;
  }

  @Override
  public int sampleRateHz() {
    return properties.integer("sample_rate_hz");
  }

  @Override
  public List<String> classes() {
    return model.json().classes();
  }

  @Override
  public SoundBatch sample(WaveNetRequest request) {
    Stopwatch clock = new Stopwatch(model.loadMillis());
    Integer asked = request.numSamples();
    int wanted = asked != null ? asked : properties.integer("num_samples", 0);
    if (wanted == 0) {
      throw new RequestException(
          "numSamples",
          "The sampo.json of " + name() + " states no num_samples: say how many you want.");
    }
    long seed = Seeds.orDrawn(request.seed());
    long[] labels = model.labels(graph, request.classLabels(), request.count());
    int first = properties.integer("bos_token_id", levels / 2);
    int[] prompt = encode(request.prompt());
    int receptive = properties.integer("receptive_samples", Integer.MAX_VALUE);
    clock.loopBegins();
    try (WaveNetRun run = new WaveNetRun(graph, levels, receptive, labels, request, seed)) {
      int[][] drawn = run.draw(first, prompt, wanted, request.watch());
      return result(drawn, seed, labels, clock);
    } catch (CancelledException e) {
      int[][] drawn = e.partial(int[][].class);
      throw new CancelledException(
          String.valueOf(e.getMessage()),
          e,
          drawn == null ? null : result(drawn, seed, labels, clock));
    }
  }

  private SoundBatch result(int[][] drawn, long seed, long[] labels, Stopwatch clock) {
    float[][] samples = new float[drawn.length][];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = decode(drawn[i]);
    }
    clock.loopEnds(drawn[0].length);
    return new SoundBatch(sampleRateHz(), samples, seed, labels, clock.timings());
  }

  private int[] encode(float[] samples) {
    if (muLaw) {
      return new MuLaw(levels).encode(samples);
    }
    int[] out = new int[samples.length];
    for (int i = 0; i < out.length; i++) {
      double unit = (Math.min(1, Math.max(-1, samples[i])) + 1) / 2;
      out[i] = (int) Math.rint(unit * (levels - 1));
    }
    return out;
  }

  private float[] decode(int[] drawn) {
    if (muLaw) {
      return new MuLaw(levels).decode(drawn);
    }
    float[] out = new float[drawn.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) (2.0 * drawn[i] / (levels - 1) - 1);
    }
    return out;
  }

  @Override
  public void close() {
    model.close();
  }
}
