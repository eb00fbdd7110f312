package dev.sampo.picture;

import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Watch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.AnomalyThreshold;
import dev.sampo.specs.Properties;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An autoencoder on ONNX Runtime. */
final class OnnxAutoencoder extends OnnxPictures implements AutoencoderPipeline {
  private final NamedGraph encoder;
  private final NamedGraph decoder;
  private final long[] latentShape;

  private OnnxAutoencoder(LatentModel model) {
    super(model, Family.AUTOENCODER);
    this.encoder = model.graph("encoder");
    this.decoder = model.graph("decoder");
    this.latentShape = model.latentShape(decoder, "features");
  }

  static OnnxAutoencoder open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.AUTOENCODER, config);
    try {
      return new OnnxAutoencoder(model);
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
    return false;
  }

  @Override
  public boolean hasEncoder() {
    return true;
  }

  @Override
  public Path decoderFile() {
    return decoder.graph().path();
  }

  @Override
  public PictureResult sample(PictureRequest request) {
    throw cannot("count", "draw pictures: it only encodes and decodes; use reconstruct");
  }

  @Override
  public float[][] encode(PictureBatch pictures) {
    return Graphs.pictures(encoder, "sample", pictures).run("features", Watch.NONE).rows();
  }

  @Override
  public PictureBatch decode(float[][] features, List<Integer> classLabels) {
    if (!classLabels.isEmpty()) {
      throw cannot("classLabels", "take class labels: leave them out");
    }
    model.checkLatents(features);
    Batched run = new Batched(decoder, features.length).vectors("features", features, latentShape);
    return Graphs.pictures(model, run.run("sample", Watch.NONE), features.length);
  }

  @Override
  public Scores score(PictureBatch pictures, List<Integer> classLabels, long seed) {
    return new Scores(
        "squared error of the restored picture, higher is stranger", anomalyScores(pictures));
  }

  @Override
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

  @Override
  public @Nullable AnomalyThreshold threshold() {
    Properties properties = model.json().properties();
    if (!properties.has("anomaly_threshold")) {
      return null;
    }
    double rate = properties.number("anomaly_false_alarm_rate", 0);
    return new AnomalyThreshold(properties.number("anomaly_threshold"), 1 - rate, rate);
  }

  static int[] nearest(float[][] features, float[] query, int most) {
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
}
