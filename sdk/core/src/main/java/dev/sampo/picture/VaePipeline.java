package dev.sampo.picture;

import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.Elbo;
import dev.sampo.samplers.latent.Interpolation;
import dev.sampo.samplers.random.TorchGenerator;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/**
 * A variational autoencoder (Kingma and Welling 2013, arXiv:1312.6114): pictures to a distribution over latents, latents to
 * pictures. A folder with a decoder alone can sample and decode.
 *
 * <pre>{@code
 * try (VaePipeline vae = VaePipeline.open(folder)) {
 *   PictureBatch drawn = vae.sample(PictureRequest.of(42, 10)).pictures();
 *   PictureBatch again = vae.reconstruct(pictures);
 * }
 * }</pre>
 */
public non-sealed interface VaePipeline extends LatentDecoder {
  /**
   * Posteriors of some pictures.
   *
   * @param mean {@code [count][latent]}
   * @param logvar natural logarithms of the variances, the same shape
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  record Posterior(float[][] mean, float[][] logvar) {
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

  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it is no VAE or its files do not fit; the message says what differs
   */
  static VaePipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static VaePipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static VaePipeline open(ModelFolder folder, SessionConfig config) {
    return OnnxVae.open(folder, config);
  }

  /**
   * Posteriors of pictures.
   *
   * @throws dev.sampo.error.RequestException when the folder has no encoder
   */
  default Posterior encode(PictureBatch pictures) {
    return encode(pictures, Collections.emptyList());
  }

  /** Posteriors of pictures of known classes. */
  Posterior encode(PictureBatch pictures, List<Integer> classLabels);

  @Override
  default float[][] latentsOf(PictureBatch pictures) {
    return encode(pictures).mean();
  }

  /** Pictures along the way between the posterior means of two pictures, both ends included. */
  default PictureBatch interpolate(
      PictureBatch pictures, int from, int to, int count, Interpolation way) {
    float[][] mean = encode(pictures.select(from, to)).mean();
    return decode(way.path(mean[0], mean[1], count));
  }

  /** How a decoder's output is read as a distribution of pixels. */
  enum Likelihood {
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
  List<Elbo> elbo(PictureBatch pictures, Likelihood likelihood, long seed);

  /**
   * Fills in what is missing of one picture: searches the latent whose decoded picture agrees with the known pixels, and takes the
   * unknown ones from it.
   *
   * @param known {@code [height][width]} row by row: true where the pixel is to stay
   * @return one picture: known pixels as they were, the others from the decoder
   * @throws dev.sampo.error.CancelledException when the search is cancelled; its partial is the {@link PictureBatch} by then
   */
  PictureBatch inpaint(PictureBatch picture, boolean[] known, SearchRequest search);
}
