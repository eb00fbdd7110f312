package dev.sampo.picture;

import dev.sampo.Model;
import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.samplers.latent.LatentArithmetic;
import dev.sampo.samplers.latent.StyleMixing;
import dev.sampo.samplers.random.TorchGenerator;
import dev.sampo.specs.ImageFormat;
import java.nio.file.Path;
import java.util.List;

/**
 * Pictures from a style-based generator (Karras et al. 2018, arXiv:1812.04948): a mapping network turns noise into a style w, and the
 * synthesis network takes one style a layer, so that styles can be truncated, mixed and interpolated.
 *
 * <p>The noise is PyTorch's: {@code torch.manual_seed(seed); z = torch.randn(count, size)}. Noise inputs of the synthesis network, where it
 * has any, are drawn after z from the same stream.
 */
public final class StyleGanPipeline implements Model {
  private static final int MEAN_DRAWS = 4096;

  private final LatentModel model;
  private final NamedGraph mapping;
  private final NamedGraph synthesis;
  private final int layers;
  private final int styleSize;

  private StyleGanPipeline(LatentModel model) {
    this.model = model;
    this.mapping = model.graph("mapping");
    this.synthesis = model.graph("synthesis");
    this.layers = model.json().properties().integer("num_layers");
    this.styleSize = model.json().properties().integer("w_dim");
  }

  /** Opens a folder with default settings. */
  public static StyleGanPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /**
   * Opens a folder.
   *
   * @throws dev.sampo.error.SampoException when it is no StyleGAN or its files do not fit
   */
  public static StyleGanPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  public static StyleGanPipeline open(ModelFolder folder, SessionConfig config) {
    return new StyleGanPipeline(LatentModel.open(folder, Family.STYLEGAN, config));
  }

  @Override
  public String name() {
    return model.json().name();
  }

  @Override
  public Family family() {
    return Family.STYLEGAN;
  }

  /** Numbers in one z. */
  public int latentSize() {
    return model.latent().size();
  }

  /** Numbers in one style. */
  public int styleSize() {
    return styleSize;
  }

  /** Layers that take a style. */
  public int layers() {
    return layers;
  }

  /** Size, channels and range of the pictures. */
  public ImageFormat image() {
    return model.image();
  }

  /** Names of the classes; empty for a model without. */
  public List<String> classes() {
    return model.json().classes();
  }

  /** {@link #sample(StyleGanRequest, Progress, CancellationToken)} without progress. */
  public LatentResult sample(StyleGanRequest request) {
    return sample(request, Progress.NONE, CancellationToken.none());
  }

  /** Draws pictures; progress counts pictures. */
  public LatentResult sample(StyleGanRequest request, Progress progress, CancellationToken token) {
    long[] labels = model.labels(mapping, request.classLabels(), request.count());
    TorchGenerator noise = new TorchGenerator(request.seed());
    float[][] z = draw(noise, request.count());
    float[][] styles = styles(z, labels, request.psi(), request.cutoff(), token);
    Long mixSeed = request.mixSeed();
    if (mixSeed != null) {
      float[][] donorZ = draw(new TorchGenerator(mixSeed), request.count());
      float[][] donors = styles(donorZ, labels, request.psi(), request.cutoff(), token);
      int to = request.mixTo() < 0 ? layers : request.mixTo();
      for (int i = 0; i < styles.length; i++) {
        styles[i] = StyleMixing.mix(styles[i], donors[i], styleSize, request.mixFrom(), to);
      }
    }
    PictureBatch pictures = synthesize(styles, noise, progress, token);
    return new LatentResult(pictures, z, labels, new float[0]);
  }

  /**
   * Styles of latents.
   *
   * @param z {@code [count][latentSize]}
   * @return {@code [count][layers * styleSize]}
   */
  public float[][] map(float[][] z, List<Integer> classLabels) {
    return map(z, model.labels(mapping, classLabels, z.length), CancellationToken.none());
  }

  /**
   * Pictures of styles, as {@link #map} gives them or {@link StyleMixing} changes them.
   *
   * @param styles {@code [count][layers * styleSize]}, or {@code [count][styleSize]} for the same style in every layer
   * @param noiseSeed of the noise inputs, where the synthesis network has any
   */
  public PictureBatch synthesize(float[][] styles, long noiseSeed) {
    float[][] all = new float[styles.length][];
    for (int i = 0; i < all.length; i++) {
      all[i] = styles[i].length == styleSize ? StyleMixing.broadcast(styles[i], layers) : styles[i];
    }
    return synthesize(all, new TorchGenerator(noiseSeed), Progress.NONE, CancellationToken.none());
  }

  /**
   * The mean style of a class, or of all: what {@code sampo.json} states, or else the mean of the styles of 4,096 latents of seed 0.
   *
   * @param label the class, or -1 for a model without classes
   */
  public float[] meanStyle(int label) {
    float[][] byClass = model.json().properties().numberRows("w_mean_by_class");
    if (label >= 0 && label < byClass.length) {
      return byClass[label];
    }
    float[] mean = model.json().properties().numbers("w_mean");
    return mean.length > 0 ? mean : estimatedMean(label);
  }

  private float[] estimatedMean(int label) {
    float[][] z = draw(new TorchGenerator(0), MEAN_DRAWS);
    List<Integer> labels = label < 0 ? List.of() : List.of(label);
    float[][] first = new float[MEAN_DRAWS][styleSize];
    float[][] styles = map(z, labels);
    for (int i = 0; i < MEAN_DRAWS; i++) {
      System.arraycopy(styles[i], 0, first[i], 0, styleSize);
    }
    return LatentArithmetic.mean(first);
  }

  private float[][] draw(TorchGenerator noise, int count) {
    float[] flat = new float[count * latentSize()];
    noise.randn(flat);
    return Noise.split(flat, latentSize());
  }

  private float[][] styles(
      float[][] z, long[] labels, double psi, int cutoff, CancellationToken token) {
    float[][] styles = map(z, labels, token);
    if (psi == 1) {
      return styles;
    }
    float[][] means = new float[Math.max(1, classes().size())][];
    for (int i = 0; i < styles.length; i++) {
      int label = labels.length == 0 ? -1 : (int) labels[i];
      int at = Math.max(0, label);
      if (means[at] == null) {
        means[at] = meanStyle(label);
      }
      styles[i] = StyleMixing.truncate(styles[i], means[at], psi, cutoff < 0 ? layers : cutoff);
    }
    return styles;
  }

  private float[][] map(float[][] z, long[] labels, CancellationToken token) {
    model.checkLatents(z);
    float[][] w =
        new Batched(mapping, z.length)
            .vectors("z", z)
            .labels(labels)
            .run("w", Progress.NONE, token)
            .rows();
    for (int i = 0; i < w.length; i++) {
      if (w[i].length == styleSize) {
        w[i] = StyleMixing.broadcast(w[i], layers);
      }
    }
    return w;
  }

  private PictureBatch synthesize(
      float[][] styles, TorchGenerator noise, Progress progress, CancellationToken token) {
    int size = layers * styleSize;
    float[] flat = new float[styles.length * size];
    for (int i = 0; i < styles.length; i++) {
      if (styles[i].length != size) {
        throw new IllegalArgumentException(
            name()
                + " wants styles of "
                + layers
                + " layers of "
                + styleSize
                + " values, got "
                + styles[i].length
                + " values.");
      }
      System.arraycopy(styles[i], 0, flat, i * size, size);
    }
    Batched run = new Batched(synthesis, styles.length).floats("w", flat, layers, styleSize);
    for (int n = 0; synthesis.takes("noise_" + n); n++) {
      Shape shape = synthesis.input("noise_" + n).shape();
      float[] values = new float[(int) (styles.length * shape.dim(2) * shape.dim(3))];
      noise.randn(values);
      run.floats("noise_" + n, values, 1, shape.dim(2), shape.dim(3));
    }
    return Graphs.pictures(model, run.run("sample", progress, token), styles.length);
  }

  @Override
  public void close() {
    model.close();
  }
}
