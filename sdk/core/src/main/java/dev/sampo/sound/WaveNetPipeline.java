package dev.sampo.sound;

import dev.sampo.Model;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.Progress;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.MuLaw;
import dev.sampo.specs.Properties;
import java.nio.file.Path;
import java.util.List;

/**
 * Sound, one sample at a time (van den Oord et al. 2016, WaveNet, arXiv:1609.03499). A graph with states costs the same at every sample
 * (Paine et al. 2016, arXiv:1611.09482); one without is fed with the last {@code receptive_samples} again.
 *
 * <p>Levels are drawn as {@code torch.multinomial(torch.softmax(logits / temperature, 1), 1)} draws them after {@code
 * torch.manual_seed(seed)}, all sounds of the batch at once.
 */
public final class WaveNetPipeline implements Model {
  private final LatentModel model;
  private final NamedGraph graph;
  private final Properties properties;
  private final int levels;
  private final boolean muLaw;

  private WaveNetPipeline(LatentModel model) {
    this.model = model;
    this.graph = model.graph("model");
    this.properties = model.json().properties();
    this.levels = properties.integer("levels");
    String encoding = properties.string("encoding", "mu-law");
    this.muLaw = encoding.equals("mu-law");
    if (!muLaw && !encoding.equals("linear")) {
      throw new IllegalArgumentException(
          "The encoding of "
              + model.json().name()
              + " is '"
              + encoding
              + "'; known: mu-law, linear.");
    }
  }

  /** Opens a folder with default settings. */
  public static WaveNetPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /**
   * Opens a folder.
   *
   * @throws dev.sampo.error.SampoException when it is no WaveNet or its files do not fit
   */
  public static WaveNetPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graph of an opened folder. */
  public static WaveNetPipeline open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.WAVENET, config);
    try {
      return new WaveNetPipeline(model);
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

  /** Samples a second. */
  public int sampleRateHz() {
    return properties.integer("sample_rate_hz");
  }

  /** Names of the classes; empty for a model without. */
  public List<String> classes() {
    return model.json().classes();
  }

  /** {@link #sample(WaveNetRequest, Progress, CancellationToken)} without progress. */
  public SoundBatch sample(WaveNetRequest request) {
    return sample(request, Progress.NONE, CancellationToken.none());
  }

  /**
   * Draws sounds; progress counts samples, those of the prompt included.
   *
   * @throws dev.sampo.error.CancelledException when cancelled
   */
  public SoundBatch sample(WaveNetRequest request, Progress progress, CancellationToken token) {
    int wanted =
        request.numSamples() > 0 ? request.numSamples() : properties.integer("num_samples", 0);
    if (wanted == 0) {
      throw new IllegalArgumentException(
          "The sampo.json of " + name() + " states no num_samples: say how many you want.");
    }
    long[] labels = model.labels(graph, request.classLabels(), request.count());
    int first = properties.integer("bos_token_id", levels / 2);
    int[] prompt = encode(request.prompt());
    int receptive = properties.integer("receptive_samples", Integer.MAX_VALUE);
    int[][] drawn;
    try (WaveNetRun run = new WaveNetRun(graph, levels, receptive, labels, request)) {
      drawn = run.draw(first, prompt, wanted, progress, token);
    }
    float[][] samples = new float[drawn.length][];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = decode(drawn[i]);
    }
    return new SoundBatch(sampleRateHz(), samples, labels);
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
