package dev.sampo.picture;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Seeds;
import dev.sampo.internal.Sizes;
import dev.sampo.internal.Stopwatch;
import dev.sampo.internal.Watch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.samplers.latent.LatentArithmetic;
import dev.sampo.samplers.latent.StyleMixing;
import dev.sampo.samplers.random.TorchGenerator;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A StyleGAN on ONNX Runtime. */
final class OnnxStyleGan extends OnnxPictures implements StyleGanPipeline {
  private static final int MEAN_DRAWS = 4096;

  private final NamedGraph mapping;
  private final NamedGraph synthesis;
  private final int layers;
  private final int styleSize;
  private final long[] latentShape;

  private OnnxStyleGan(LatentModel model) {
    super(model, Family.STYLEGAN);
    this.mapping = model.graph("mapping");
    this.synthesis = model.graph("synthesis");
    this.layers = model.json().properties().integer("num_layers");
    this.styleSize = model.json().properties().integer("w_dim");
    this.latentShape = model.latentShape(mapping, "z");
  }

  static OnnxStyleGan open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.STYLEGAN, config);
    try {
      return new OnnxStyleGan(model);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public long[] latentShape() {
    return latentShape.clone();
  }

  @Override
  public boolean decodesClasses() {
    return mapping.takes("class_label");
  }

  @Override
  public boolean hasEncoder() {
    return false;
  }

  @Override
  public float[][] latentsOf(PictureBatch pictures) {
    throw cannot(
        "pictures", "encode pictures: a StyleGAN has no encoder; LatentSearch finds latents");
  }

  @Override
  public @Nullable Path decoderFile() {
    return null;
  }

  @Override
  public int styleSize() {
    return styleSize;
  }

  @Override
  public int layers() {
    return layers;
  }

  @Override
  public PictureResult sample(PictureRequest request) {
    request.requireOnly(name(), "cutoff", "mix");
    Stopwatch clock = new Stopwatch(model.loadMillis());
    long seed = Seeds.orDrawn(request.seed());
    Watch silent = request.watch().silent();
    Double truncation = request.truncation();
    double psi = truncation == null ? 1 : truncation;
    Sizes.elements("count", "Latents", request.count(), latentSize());
    long[] labels = model.labels(mapping, request.classLabels(), request.count());
    TorchGenerator noise = new TorchGenerator(seed);
    float[][] z = draw(noise, request.count());
    float[][] styles = styles(z, labels, psi, request.cutoff(), silent);
    PictureRequest.Mix mix = request.mix();
    if (mix != null) {
      float[][] donorZ = draw(new TorchGenerator(mix.seed()), request.count());
      float[][] donors = styles(donorZ, labels, psi, request.cutoff(), silent);
      int to = mix.to() < 0 ? layers : mix.to();
      for (int i = 0; i < styles.length; i++) {
        styles[i] = StyleMixing.mix(styles[i], donors[i], styleSize, mix.from(), to);
      }
    }
    clock.loopBegins();
    PictureBatch pictures;
    try {
      pictures = synthesize(styles, noise, request.watch());
    } catch (CancelledException e) {
      throw Graphs.cancelled(e, model, seed, z, labels, clock);
    }
    clock.loopEnds(request.count());
    return new PictureResult(pictures, seed, z, labels, new float[0], clock.timings());
  }

  @Override
  public float[][] map(float[][] z, List<Integer> classLabels) {
    return map(z, model.labels(mapping, classLabels, z.length), Watch.NONE);
  }

  @Override
  public PictureBatch decode(float[][] z, List<Integer> classLabels) {
    return synthesize(map(z, classLabels), 0);
  }

  @Override
  public Scores score(PictureBatch pictures, List<Integer> classLabels, long seed) {
    throw cannot("pictures", "score pictures");
  }

  @Override
  public PictureBatch synthesize(float[][] styles, long noiseSeed) {
    float[][] all = new float[styles.length][];
    for (int i = 0; i < all.length; i++) {
      all[i] = styles[i].length == styleSize ? StyleMixing.broadcast(styles[i], layers) : styles[i];
    }
    return synthesize(all, new TorchGenerator(noiseSeed), Watch.NONE);
  }

  @Override
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
    float[] flat = new float[Sizes.elements("count", "Latents", count, latentSize())];
    noise.randn(flat);
    return Noise.split(flat, latentSize());
  }

  private float[][] styles(float[][] z, long[] labels, double psi, int cutoff, Watch watch) {
    float[][] styles = map(z, labels, watch);
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

  private float[][] map(float[][] z, long[] labels, Watch watch) {
    model.checkLatents(z);
    float[][] w =
        new Batched(mapping, z.length)
            .vectors("z", z, latentShape)
            .labels(labels)
            .run("w", watch)
            .rows();
    for (int i = 0; i < w.length; i++) {
      if (w[i].length == styleSize) {
        w[i] = StyleMixing.broadcast(w[i], layers);
      }
    }
    return w;
  }

  private PictureBatch synthesize(float[][] styles, TorchGenerator noise, Watch watch) {
    int size = layers * styleSize;
    float[] flat = new float[styles.length * size];
    for (int i = 0; i < styles.length; i++) {
      if (styles[i].length != size) {
        throw new RequestException(
            "styles",
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
    return Graphs.pictures(model, run.run("sample", watch), styles.length);
  }
}
