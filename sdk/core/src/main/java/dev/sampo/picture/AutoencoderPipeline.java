package dev.sampo.picture;

import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.AnomalyThreshold;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An autoencoder: compresses pictures to features and restores them, which removes noise, gives vectors for search and classifiers, and
 * finds pictures that are of another kind than those it was trained on, since it restores them badly.
 */
public non-sealed interface AutoencoderPipeline extends LatentDecoder {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it is no autoencoder or its files do not fit; the message says what differs
   */
  static AutoencoderPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static AutoencoderPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static AutoencoderPipeline open(ModelFolder folder, SessionConfig config) {
    return OnnxAutoencoder.open(folder, config);
  }

  /** Numbers in one feature vector: {@link #latentSize()}. */
  default int featureSize() {
    return latentSize();
  }

  /** Feature vectors of pictures, {@code [count][featureSize]}. */
  float[][] encode(PictureBatch pictures);

  @Override
  default float[][] latentsOf(PictureBatch pictures) {
    return encode(pictures);
  }

  /** The mean squared error of each picture's reconstruction, in the network's range: high for pictures of another kind. */
  double[] anomalyScores(PictureBatch pictures);

  /**
   * A threshold from pictures that are normal.
   *
   * @param quantile 0.99 lets about one in a hundred normal pictures ring
   */
  default AnomalyThreshold fitThreshold(PictureBatch normal, double quantile) {
    return AnomalyThreshold.fit(anomalyScores(normal), quantile);
  }

  /** The threshold that {@code sampo.json} states, or null. */
  @Nullable AnomalyThreshold threshold();

  /**
   * Indices of the vectors nearest to a query by cosine, the nearest first; vectors of zeros come last.
   *
   * @param features {@code [count][featureSize]}, as {@link #encode} gives them
   * @param most how many at most
   */
  static int[] nearest(float[][] features, float[] query, int most) {
    return OnnxAutoencoder.nearest(features, query, most);
  }
}
