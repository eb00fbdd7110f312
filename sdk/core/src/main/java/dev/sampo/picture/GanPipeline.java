package dev.sampo.picture;

import dev.sampo.Model;
import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.Interpolation;
import dev.sampo.specs.ImageFormat;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Pictures from a GAN (Goodfellow et al. 2014, arXiv:1406.2661), with or without classes, and scores from its discriminator where the
 * folder has one.
 *
 * <pre>{@code
 * try (GanPipeline gan = GanPipeline.open(folder)) {
 *   LatentResult result = gan.sample(GanRequest.builder().seed(42).count(10).build());
 *   Pixels first = result.pictures().pixels(0);
 * }
 * }</pre>
 *
 * <p>The noise is PyTorch's: {@code torch.manual_seed(seed); z = torch.randn(count, size)}.
 */
public final class GanPipeline implements Model {
  private final LatentModel model;
  private final NamedGraph generator;

  private GanPipeline(LatentModel model) {
    this.model = model;
    this.generator = model.graph("generator");
  }

  /** Opens a folder with default settings. */
  public static GanPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /**
   * Opens a folder.
   *
   * @throws dev.sampo.error.SampoException when it is no GAN or its files do not fit; the message says what differs
   */
  public static GanPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  public static GanPipeline open(ModelFolder folder, SessionConfig config) {
    return new GanPipeline(LatentModel.open(folder, Family.GAN, config));
  }

  @Override
  public String name() {
    return model.json().name();
  }

  @Override
  public Family family() {
    return Family.GAN;
  }

  /** Numbers in one latent. */
  public int latentSize() {
    return model.latent().size();
  }

  /** Size, channels and range of the pictures. */
  public ImageFormat image() {
    return model.image();
  }

  /** Names of the classes; empty for a model without. */
  public List<String> classes() {
    return model.json().classes();
  }

  /** Whether pictures can be scored. */
  public boolean hasDiscriminator() {
    return model.has("discriminator");
  }

  /** {@link #sample(GanRequest, Progress, CancellationToken)} without progress. */
  public LatentResult sample(GanRequest request) {
    return sample(request, Progress.NONE, CancellationToken.none());
  }

  /**
   * Draws pictures; progress counts candidates.
   *
   * @throws IllegalArgumentException when labels do not fit the model
   * @throws IllegalStateException when there is a choice to make ({@code oversample > 1}) and no discriminator
   */
  public LatentResult sample(GanRequest request, Progress progress, CancellationToken token) {
    int candidates = Math.multiplyExact(request.count(), request.oversample());
    long[] labels = model.labels(generator, request.classLabels(), request.count());
    // Candidates of one picture follow each other.
    long[] all = repeat(labels, request.oversample());
    float[][] z = Noise.latents(model.latent(), candidates, request.seed(), request.truncation());
    PictureBatch pictures = generate(z, all, progress, token);
    if (request.oversample() == 1) {
      return new LatentResult(pictures, z, labels, new float[0]);
    }
    float[] scores = score(pictures, all, token);
    int[] best = best(scores, request.oversample());
    float[][] bestZ = new float[best.length][];
    float[] bestScores = new float[best.length];
    for (int i = 0; i < best.length; i++) {
      bestZ[i] = z[best[i]];
      bestScores[i] = scores[best[i]];
    }
    return new LatentResult(pictures.select(best), bestZ, labels, bestScores);
  }

  /** The noise that {@link #sample(GanRequest)} would use without a choice by score, {@code [count][size]}. */
  public float[][] latents(GanRequest request) {
    return Noise.latents(model.latent(), request.count(), request.seed(), request.truncation());
  }

  /**
   * Pictures of given latents.
   *
   * @param z {@code [count][latentSize]}
   * @param classLabels one for all, one each, or none
   */
  public PictureBatch generate(float[][] z, List<Integer> classLabels) {
    return generate(
        z, model.labels(generator, classLabels, z.length), Progress.NONE, CancellationToken.none());
  }

  /** Pictures along the way from one latent to another, both included, all of one class where there are classes. */
  public PictureBatch interpolate(
      float[] from, float[] to, int count, Interpolation way, List<Integer> classLabel) {
    return generate(way.path(from, to, count), classLabel);
  }

  /**
   * How real pictures look to the discriminator; higher is more real.
   *
   * @throws IllegalStateException when the folder has no discriminator
   */
  public float[] score(PictureBatch pictures, List<Integer> classLabels) {
    NamedGraph discriminator = model.graph("discriminator");
    long[] labels = model.labels(discriminator, classLabels, pictures.count());
    return score(pictures, labels, CancellationToken.none());
  }

  private PictureBatch generate(
      float[][] z, long[] labels, Progress progress, CancellationToken token) {
    model.checkLatents(z);
    Batched run = new Batched(generator, z.length).vectors("z", z).labels(labels);
    return Graphs.pictures(model, run.run("sample", progress, token), z.length);
  }

  private float[] score(PictureBatch pictures, long[] labels, CancellationToken token) {
    NamedGraph discriminator = model.graph("discriminator");
    long[] own = discriminator.takes("class_label") ? labels : new long[0];
    return Graphs.pictures(discriminator, "sample", pictures)
        .labels(own)
        .run("score", Progress.NONE, token)
        .values();
  }

  private static long[] repeat(long[] labels, int times) {
    long[] out = new long[labels.length * times];
    for (int i = 0; i < labels.length; i++) {
      Arrays.fill(out, i * times, (i + 1) * times, labels[i]);
    }
    return out;
  }

  private static int[] best(float[] scores, int candidates) {
    int[] best = new int[scores.length / candidates];
    for (int i = 0; i < best.length; i++) {
      best[i] = i * candidates;
      for (int k = 1; k < candidates; k++) {
        if (scores[i * candidates + k] > scores[best[i]]) {
          best[i] = i * candidates + k;
        }
      }
    }
    return best;
  }

  @Override
  public void close() {
    model.close();
  }
}
