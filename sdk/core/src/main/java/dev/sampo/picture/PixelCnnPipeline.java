package dev.sampo.picture;

import dev.sampo.Model;
import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.CategoricalSampler;
import dev.sampo.samplers.latent.DiscretizedLogisticMixture;
import dev.sampo.specs.ImageFormat;
import dev.sampo.specs.Properties;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/**
 * Pictures pixel by pixel (van den Oord et al. 2016, arXiv:1601.06759 and 1606.05328), from logits over levels or from a mixture of
 * discretised logistics (PixelCNN++, arXiv:1701.05517); drawn from nothing or completed from what is given; and the bits a dimension of
 * given pictures.
 *
 * <p>Levels are drawn as {@code torch.multinomial(torch.softmax(logits / temperature, 1), 1)} draws them after {@code
 * torch.manual_seed(seed)}: pixel after pixel, channel after channel, all pictures of the batch at once. One run of the graph a pixel and
 * channel; rows below it are not fed, nor rows above that {@code receptive_rows} in {@code sampo.json} says do not matter.
 */
public final class PixelCnnPipeline implements Model {
  private final LatentModel model;
  private final NamedGraph graph;
  private final int levels;
  private final boolean mixture;

  private PixelCnnPipeline(LatentModel model) {
    this.model = model;
    this.graph = model.graph("model");
    Properties properties = model.json().properties();
    this.levels = properties.integer("levels");
    String distribution = properties.string("distribution", "categorical");
    this.mixture = distribution.equals("logistic_mixture");
    if (!mixture && !distribution.equals("categorical")) {
      throw new IllegalArgumentException(
          "The distribution of "
              + model.json().name()
              + " is '"
              + distribution
              + "'; known: categorical, logistic_mixture.");
    }
  }

  /** Opens a folder with default settings. */
  public static PixelCnnPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /**
   * Opens a folder.
   *
   * @throws dev.sampo.error.SampoException when it is no PixelCNN or its files do not fit
   */
  public static PixelCnnPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graph of an opened folder. */
  public static PixelCnnPipeline open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.PIXELCNN, config);
    try {
      return new PixelCnnPipeline(model);
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
    return Family.PIXELCNN;
  }

  /** Size, channels and range of the pictures. */
  public ImageFormat image() {
    return model.image();
  }

  /** Names of the classes; empty for a model without. */
  public List<String> classes() {
    return model.json().classes();
  }

  /** How many values a channel of a pixel takes. */
  public int levels() {
    return levels;
  }

  /** {@link #sample(PixelCnnRequest, Progress, CancellationToken)} without progress. */
  public PictureBatch sample(PixelCnnRequest request) {
    return sample(request, Progress.NONE, CancellationToken.none());
  }

  /**
   * Draws pictures of the size that {@code sampo.json} states; progress counts pixels.
   *
   * @throws dev.sampo.error.CancelledException when cancelled between two pixels or within a run
   */
  public PictureBatch sample(PixelCnnRequest request, Progress progress, CancellationToken token) {
    ImageFormat image = image();
    if (image.height() == 0 || image.width() == 0) {
      throw new IllegalStateException(
          "The sampo.json of "
              + name()
              + " states no size. Use complete with pictures of the size you want.");
    }
    float[] blank = new float[request.count() * image.channels() * image.height() * image.width()];
    PictureBatch start =
        PictureBatch.owning(request.count(), image.height(), image.width(), image, blank);
    return complete(start, new boolean[1], request, progress, token);
  }

  /**
   * Draws the missing pixels of given pictures. Each pixel follows from those above it and to its left, so what is known below has no
   * influence.
   *
   * @param partial as many pictures as the request counts
   * @param known {@code [height][width]} row by row: true where a pixel is given; it is rounded to the nearest level
   */
  public PictureBatch complete(
      PictureBatch partial,
      boolean[] known,
      PixelCnnRequest request,
      Progress progress,
      CancellationToken token) {
    int pixels = partial.heightPx() * partial.widthPx();
    if (partial.count() != request.count() || pixels % known.length != 0) {
      throw new IllegalArgumentException(
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
    long[] labels = model.labels(graph, request.classLabels(), request.count());
    try (PixelCnnRun run =
        new PixelCnnRun(graph, image(), levels, mixture, window(), partial, labels, request)) {
      return run.draw(known, progress, token);
    }
  }

  /** Rows above a pixel that are fed with it: all where nothing is stated, the whole picture where the graph wants a fixed height. */
  private int window() {
    boolean fixedHeight = graph.input("sample").shape().dim(2) > 0;
    return fixedHeight
        ? PixelCnnRun.WHOLE
        : model.json().properties().integer("receptive_rows", Integer.MAX_VALUE);
  }

  /** {@link #bitsPerDimension(PictureBatch, List)} of pictures of a model without classes. */
  public double[] bitsPerDimension(PictureBatch pictures) {
    return bitsPerDimension(pictures, Collections.emptyList());
  }

  /**
   * How many bits a value (pixel and channel) of each picture costs: the negative log-likelihood to base 2. Pictures are rounded to the
   * nearest levels first.
   */
  public double[] bitsPerDimension(PictureBatch pictures, List<Integer> classLabels) {
    int[] quantised = PixelCnnRun.quantise(pictures.unsafe(), image(), levels);
    float[] rounded = PixelCnnRun.values(quantised, image(), levels);
    PictureBatch exact =
        PictureBatch.owning(
            pictures.count(), pictures.heightPx(), pictures.widthPx(), image(), rounded);
    Batched.Result result =
        Graphs.pictures(graph, "sample", exact)
            .labels(model.labels(graph, classLabels, pictures.count()))
            .run("logits", Progress.NONE, CancellationToken.none());
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

  @Override
  public void close() {
    model.close();
  }
}
