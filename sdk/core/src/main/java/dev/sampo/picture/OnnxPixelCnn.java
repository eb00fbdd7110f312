package dev.sampo.picture;

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
import dev.sampo.samplers.latent.CategoricalSampler;
import dev.sampo.samplers.latent.DiscretizedLogisticMixture;
import dev.sampo.specs.ImageFormat;
import dev.sampo.specs.Properties;
import java.util.List;

/** A PixelCNN on ONNX Runtime. */
final class OnnxPixelCnn extends OnnxPictures implements PixelCnnPipeline {
  private final NamedGraph graph;
  private final int levels;
  private final boolean mixture;

  private OnnxPixelCnn(LatentModel model) {
    super(model, Family.PIXELCNN);
    this.graph = model.graph("model");
    Properties properties = model.json().properties();
    this.levels = properties.integer("levels");
    String distribution = properties.string("distribution", "categorical");
    this.mixture = distribution.equals("logistic_mixture");
    if (!mixture && !distribution.equals("categorical")) {
      throw model.fault(
          "The distribution of "
              + model.json().name()
              + " is '"
              + distribution
              + "'; known: categorical, logistic_mixture.");
    }
  }

  static OnnxPixelCnn open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.PIXELCNN, config);
    try {
      return new OnnxPixelCnn(model);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public int levels() {
    return levels;
  }

  @Override
  public PictureResult sample(PictureRequest request) {
    ImageFormat image = image();
    if (image.height() == 0 || image.width() == 0) {
      throw model.fault(
          "The sampo.json of "
              + name()
              + " states no size. Use complete with pictures of the size you want.");
    }
    float[] blank =
        new float
            [Sizes.elements(
                "count",
                "Pictures",
                request.count(),
                image.channels(),
                image.height(),
                image.width())];
    PictureBatch start =
        PictureBatch.owning(request.count(), image.height(), image.width(), image, blank);
    return complete(start, new boolean[1], request);
  }

  @Override
  public PictureResult complete(PictureBatch partial, boolean[] known, PictureRequest request) {
    request.requireOnly(name());
    Stopwatch clock = new Stopwatch(model.loadMillis());
    int pixels = partial.heightPx() * partial.widthPx();
    if (partial.count() != request.count() || pixels % known.length != 0) {
      throw new RequestException(
          "count",
          "Got "
              + partial.count()
              + " pictures of "
              + pixels
              + " pixels and a mask of "
              + known.length
              + " for a request of "
              + request.count()
              + " pictures.");
    }
    Double temperature = request.truncation();
    if (temperature != null && temperature < 0) {
      throw new RequestException(
          "truncation", "A temperature is at least 0, got " + temperature + ".");
    }
    long seed = Seeds.orDrawn(request.seed());
    long[] labels = model.labels(graph, request.classLabels(), request.count());
    PixelCnnRun.Settings settings =
        new PixelCnnRun.Settings(
            image(), levels, mixture, window(), temperature == null ? 1 : temperature, seed);
    clock.loopBegins();
    try (PixelCnnRun run = new PixelCnnRun(graph, settings, partial, labels)) {
      PictureBatch pictures =
          run.draw(
              known,
              request.watch(),
              drawn -> {
                clock.loopEnds(pixels);
                return new PictureResult(
                    drawn, seed, new float[0][], labels, new float[0], clock.timings());
              });
      clock.loopEnds(pixels);
      return new PictureResult(
          pictures, seed, new float[0][], labels, new float[0], clock.timings());
    }
  }

  @Override
  public Scores score(PictureBatch pictures, List<Integer> classLabels, long seed) {
    return new Scores(
        "bits a dimension, lower is more likely", bitsPerDimension(pictures, classLabels));
  }

  /** Rows above a pixel that are fed with it: all where nothing is stated, the whole picture where the graph wants a fixed height. */
  private int window() {
    boolean fixedHeight = graph.input("sample").shape().dim(2) > 0;
    return fixedHeight
        ? PixelCnnRun.WHOLE
        : model.json().properties().integer("receptive_rows", Integer.MAX_VALUE);
  }

  @Override
  public double[] bitsPerDimension(PictureBatch pictures, List<Integer> classLabels) {
    int[] quantised = PixelCnnRun.quantise(pictures.unsafe(), image(), levels);
    float[] rounded = PixelCnnRun.values(quantised, image(), levels);
    PictureBatch exact =
        PictureBatch.owning(
            pictures.count(), pictures.heightPx(), pictures.widthPx(), image(), rounded);
    Batched.Result result =
        Graphs.pictures(graph, "sample", exact)
            .labels(model.labels(graph, classLabels, pictures.count()))
            .run("logits", Watch.NONE);
    double[] bits = new double[pictures.count()];
    int size = pictures.pictureSize();
    for (int i = 0; i < bits.length; i++) {
      double nats = 0;
      for (int p = 0; p < pictures.heightPx() * pictures.widthPx(); p++) {
        nats -= logProbability(result, quantised, i, p, size);
      }
      bits[i] = nats / size / Math.log(2);
    }
    return bits;
  }

  private double logProbability(
      Batched.Result logits, int[] levelsOf, int picture, int pixel, int size) {
    int channels = image().channels();
    int plane = size / channels;
    int row = logits.rowSize();
    int at = picture * row + pixel;
    if (mixture) {
      int parameters = row / plane;
      DiscretizedLogisticMixture distribution = mixture(parameters, channels, levels);
      int[] level = new int[channels];
      for (int c = 0; c < channels; c++) {
        level[c] = levelsOf[picture * size + c * plane + pixel];
      }
      return distribution.logProbability(logits.values(), at, plane, level);
    }
    double sum = 0;
    for (int c = 0; c < channels; c++) {
      int level = levelsOf[picture * size + c * plane + pixel];
      sum +=
          CategoricalSampler.logProbability(
              logits.values(), at + c * plane, channels * plane, levels, level);
    }
    return sum;
  }

  /** The mixture whose parameters a graph gives. */
  static DiscretizedLogisticMixture mixture(int parameters, int channels, int levels) {
    int each = channels == 1 ? 3 : 10;
    if (parameters % each != 0) {
      throw new IllegalStateException(
          "The graph gives "
              + parameters
              + " values a pixel; a mixture of logistics over "
              + channels
              + " channels has a multiple of "
              + each
              + ".");
    }
    return new DiscretizedLogisticMixture(parameters / each, channels, levels);
  }
}
