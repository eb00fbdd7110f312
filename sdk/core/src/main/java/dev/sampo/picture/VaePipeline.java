package dev.sampo.picture;

import dev.sampo.Model;
import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.Elbo;
import dev.sampo.samplers.latent.Interpolation;
import dev.sampo.samplers.latent.LatentGrid;
import dev.sampo.samplers.random.TorchGenerator;
import dev.sampo.specs.ImageFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A variational autoencoder (Kingma and Welling 2013, arXiv:1312.6114): pictures to a distribution over latents, latents to
 * pictures. A folder with a decoder alone can sample and decode.
 *
 * <pre>{@code
 * try (VaePipeline vae = VaePipeline.open(folder)) {
 *   PictureBatch drawn = vae.sample(VaeRequest.of(42, 10)).pictures();
 *   PictureBatch again = vae.reconstruct(pictures);
 * }
 * }</pre>
 */
public final class VaePipeline implements Model {
  private static final List<String> POSTERIOR = List.of("mean", "logvar");

  private final LatentModel model;
  private final NamedGraph decoder;

  private VaePipeline(LatentModel model) {
    this.model = model;
    this.decoder = model.graph("decoder");
  }

  /**
   * Posteriors of some pictures.
   *
   * @param mean {@code [count][latent]}
   * @param logvar natural logarithms of the variances, the same shape
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  public record Posterior(float[][] mean, float[][] logvar) {
    /** One draw each, reparameterised with {@code torch.randn(count, latent)} after {@code torch.manual_seed(seed)}. */
    public float[][] sample(long seed) {
      if (mean.length == 0) {
        return new float[0][];
      }
      float[] noise = new float[mean.length * mean[0].length];
      new TorchGenerator(seed).randn(noise);
      float[][] rows = Noise.split(noise, mean[0].length);
      float[][] z = new float[mean.length][];
      for (int i = 0; i < z.length; i++) {
        z[i] = Elbo.reparameterise(mean[i], logvar[i], rows[i]);
      }
      return z;
    }
  }

  /** Opens a folder with default settings. */
  public static VaePipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /**
   * Opens a folder.
   *
   * @throws dev.sampo.error.SampoException when it is no VAE or its files do not fit; the message says what differs
   */
  public static VaePipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  public static VaePipeline open(ModelFolder folder, SessionConfig config) {
    return new VaePipeline(LatentModel.open(folder, Family.VAE, config));
  }

  @Override
  public String name() {
    return model.json().name();
  }

  @Override
  public Family family() {
    return Family.VAE;
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

  /** Whether pictures can be encoded. */
  public boolean hasEncoder() {
    return model.has("encoder");
  }

  /** {@link #sample(VaeRequest, Progress, CancellationToken)} without progress. */
  public LatentResult sample(VaeRequest request) {
    return sample(request, Progress.NONE, CancellationToken.none());
  }

  /** Pictures of latents from the prior; progress counts pictures. */
  public LatentResult sample(VaeRequest request, Progress progress, CancellationToken token) {
    float[][] z = Noise.latents(model.latent(), request.count(), request.seed(), null);
    for (float[] row : z) {
      for (int i = 0; i < row.length; i++) {
        row[i] *= (float) request.temperature();
      }
    }
    long[] labels = model.labels(decoder, request.classLabels(), request.count());
    return new LatentResult(decode(z, labels, progress, token), z, labels, new float[0]);
  }

  /**
   * Posteriors of pictures.
   *
   * @throws IllegalStateException when the folder has no encoder
   */
  public Posterior encode(PictureBatch pictures) {
    return encode(pictures, Collections.emptyList());
  }

  /** Posteriors of pictures of known classes. */
  public Posterior encode(PictureBatch pictures, List<Integer> classLabels) {
    NamedGraph encoder = model.graph("encoder");
    List<Batched.Result> results =
        Graphs.pictures(encoder, "sample", pictures)
            .labels(model.labels(encoder, classLabels, pictures.count()))
            .run(POSTERIOR, Progress.NONE, CancellationToken.none());
    return new Posterior(results.get(0).rows(), results.get(1).rows());
  }

  /** Pictures of latents, {@code [count][latentSize]}. */
  public PictureBatch decode(float[][] z) {
    return decode(z, Collections.emptyList());
  }

  /** Pictures of latents of given classes (one for all, or one each). */
  public PictureBatch decode(float[][] z, List<Integer> classLabels) {
    return decode(
        z, model.labels(decoder, classLabels, z.length), Progress.NONE, CancellationToken.none());
  }

  private PictureBatch decode(
      float[][] z, long[] labels, Progress progress, CancellationToken token) {
    model.checkLatents(z);
    Batched run = new Batched(decoder, z.length).vectors("z", z).labels(labels);
    return Graphs.pictures(model, run.run("sample", progress, token), z.length);
  }

  /** Encodes and decodes the posterior's mean. */
  public PictureBatch reconstruct(PictureBatch pictures) {
    return decode(encode(pictures).mean());
  }

  /** Pictures along the way between the posterior means of two pictures, both ends included. */
  public PictureBatch interpolate(
      PictureBatch pictures, int from, int to, int count, Interpolation way) {
    float[][] mean = encode(pictures.select(from, to)).mean();
    return decode(way.path(mean[0], mean[1], count));
  }

  /** Pictures while one dimension of a latent goes from one value to another. */
  public PictureBatch walk(float[] z, int dimension, double from, double to, int count) {
    return decode(LatentGrid.walk(z, dimension, from, to, count));
  }

  /** How a decoder's output is read as a distribution of pixels. */
  public enum Likelihood {
    /** Binary cross entropy of pixels mapped to 0..1. */
    BERNOULLI,
    /** Normal with variance 1 around the decoded picture, in the network's range. */
    GAUSSIAN
  }

  /**
   * The terms of the evidence lower bound of each picture, in nats, with one draw from each posterior.
   *
   * @param seed of the draws
   */
  public List<Elbo> elbo(PictureBatch pictures, Likelihood likelihood, long seed) {
    Posterior posterior = encode(pictures);
    PictureBatch decoded = decode(posterior.sample(seed));
    List<Elbo> terms = new ArrayList<>();
    for (int i = 0; i < pictures.count(); i++) {
      double reconstruction =
          likelihood == Likelihood.BERNOULLI
              ? Elbo.bernoulli(pictures.unitPicture(i), decoded.unitPicture(i))
              : Elbo.gaussian(pictures.picture(i), decoded.picture(i), 1);
      terms.add(new Elbo(reconstruction, Elbo.kl(posterior.mean()[i], posterior.logvar()[i])));
    }
    return terms;
  }

  /**
   * Fills in what is missing of one picture: searches the latent whose decoded picture agrees with the known pixels, and takes the
   * unknown ones from it.
   *
   * @param known {@code [height][width]} row by row: true where the pixel is to stay
   * @return one picture: known pixels as they were, the others from the decoder
   */
  public PictureBatch inpaint(
      PictureBatch picture,
      boolean[] known,
      SearchConfig config,
      Progress progress,
      CancellationToken token) {
    float[] target = picture.picture(0);
    LatentSearch.Losses losses = LatentSearch.maskedError(this::decode, target, known);
    float[] start = hasEncoder() ? encode(picture.select(0)).mean()[0] : new float[latentSize()];
    float[] found = LatentSearch.evolve(start, losses, config, progress, token).latent();
    float[] filled = decode(new float[][] {found}).picture(0);
    for (int i = 0; i < filled.length; i++) {
      if (known[i % known.length]) {
        filled[i] = target[i];
      }
    }
    return PictureBatch.owning(1, picture.heightPx(), picture.widthPx(), picture.format(), filled);
  }

  @Override
  public void close() {
    model.close();
  }
}
