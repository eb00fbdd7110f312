package dev.sampo.picture;

import dev.sampo.Model;
import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.AnomalyThreshold;
import dev.sampo.specs.ImageFormat;
import dev.sampo.specs.Properties;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * An autoencoder: compresses pictures to features and restores them, which removes noise, gives vectors for search and classifiers, and
 * finds pictures that are of another kind than those it was trained on, since it restores them badly.
 */
public final class AutoencoderPipeline implements Model {
  private final LatentModel model;
  private final NamedGraph encoder;
  private final NamedGraph decoder;

  private AutoencoderPipeline(LatentModel model) {
    this.model = model;
    this.encoder = model.graph("encoder");
    this.decoder = model.graph("decoder");
  }

  /** Opens a folder with default settings. */
  public static AutoencoderPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /**
   * Opens a folder.
   *
   * @throws dev.sampo.error.SampoException when it is no autoencoder or its files do not fit
   */
  public static AutoencoderPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  public static AutoencoderPipeline open(ModelFolder folder, SessionConfig config) {
    return new AutoencoderPipeline(LatentModel.open(folder, Family.AUTOENCODER, config));
  }

  @Override
  public String name() {
    return model.json().name();
  }

  @Override
  public Family family() {
    return Family.AUTOENCODER;
  }

  /** Numbers in one feature vector. */
  public int featureSize() {
    return model.latent().size();
  }

  /** Size, channels and range of the pictures. */
  public ImageFormat image() {
    return model.image();
  }

  /** Feature vectors of pictures, {@code [count][featureSize]}. */
  public float[][] encode(PictureBatch pictures) {
    return Graphs.pictures(encoder, "sample", pictures)
        .run("features", Progress.NONE, CancellationToken.none())
        .rows();
  }

  /** Pictures of feature vectors. */
  public PictureBatch decode(float[][] features) {
    model.checkLatents(features);
    Batched run = new Batched(decoder, features.length).vectors("features", features);
    return Graphs.pictures(
        model, run.run("sample", Progress.NONE, CancellationToken.none()), features.length);
  }

  /** Pictures through both halves: restored, with noise removed. */
  public PictureBatch reconstruct(PictureBatch pictures) {
    return decode(encode(pictures));
  }

  /** The mean squared error of each picture's reconstruction, in the network's range: high for pictures of another kind. */
  public double[] anomalyScores(PictureBatch pictures) {
    PictureBatch again = reconstruct(pictures);
    double[] scores = new double[pictures.count()];
    for (int i = 0; i < scores.length; i++) {
      float[] a = pictures.picture(i);
      float[] b = again.picture(i);
      double sum = 0;
      for (int k = 0; k < a.length; k++) {
        sum += ((double) a[k] - b[k]) * ((double) a[k] - b[k]);
      }
      scores[i] = sum / a.length;
    }
    return scores;
  }

  /**
   * A threshold from pictures that are normal.
   *
   * @param quantile 0.99 lets about one in a hundred normal pictures ring
   */
  public AnomalyThreshold fitThreshold(PictureBatch normal, double quantile) {
    return AnomalyThreshold.fit(anomalyScores(normal), quantile);
  }

  /** The threshold that {@code sampo.json} states, or null. */
  public @Nullable AnomalyThreshold threshold() {
    Properties properties = model.json().properties();
    if (!properties.has("anomaly_threshold")) {
      return null;
    }
    double rate = properties.number("anomaly_false_alarm_rate", 0);
    return new AnomalyThreshold(properties.number("anomaly_threshold"), 1 - rate, rate);
  }

  /**
   * Indices of the vectors nearest to a query by cosine, the nearest first; vectors of zeros come last.
   *
   * @param features {@code [count][featureSize]}, as {@link #encode} gives them
   * @param most how many at most
   */
  public static int[] nearest(float[][] features, float[] query, int most) {
    double[] cosine = new double[features.length];
    Integer[] order = new Integer[features.length];
    for (int i = 0; i < features.length; i++) {
      double norms = Math.sqrt(dot(features[i], features[i]) * dot(query, query));
      cosine[i] = norms == 0 ? Double.NEGATIVE_INFINITY : dot(features[i], query) / norms;
      order[i] = i;
    }
    Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -cosine[i]));
    int[] out = new int[Math.min(most, order.length)];
    for (int i = 0; i < out.length; i++) {
      out[i] = order[i];
    }
    return out;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  @Override
  public void close() {
    model.close();
  }
}
