package dev.sampo.picture;

import dev.sampo.error.CancelledException;
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
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A GAN on ONNX Runtime. */
final class OnnxGan extends OnnxPictures implements GanPipeline {
  private final NamedGraph generator;
  private final long[] latentShape;

  private OnnxGan(LatentModel model) {
    super(model, Family.GAN);
    this.generator = model.graph("generator");
    this.latentShape = model.latentShape(generator, "z");
  }

  static OnnxGan open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.GAN, config);
    try {
      return new OnnxGan(model);
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
    return generator.takes("class_label");
  }

  @Override
  public boolean hasDiscriminator() {
    return model.has("discriminator");
  }

  @Override
  public boolean hasEncoder() {
    return false;
  }

  @Override
  public float[][] latentsOf(PictureBatch pictures) {
    throw cannot("pictures", "encode pictures: a GAN has no encoder; LatentSearch finds latents");
  }

  @Override
  public Path decoderFile() {
    return generator.graph().path();
  }

  @Override
  public PictureResult sample(PictureRequest request) {
    request.requireOnly(name(), "oversample");
    Stopwatch clock = new Stopwatch(model.loadMillis());
    if (request.oversample() > 1 && !hasDiscriminator()) {
      throw cannot("oversample", "choose pictures by their score: its folder has no discriminator");
    }
    long seed = Seeds.orDrawn(request.seed());
    int candidates = Graphs.times("oversample", request.count(), request.oversample());
    Sizes.elements("count", "Latents", candidates, model.latent().size());
    long[] labels = model.labels(generator, request.classLabels(), request.count());
    // Candidates of one picture follow each other.
    long[] all = repeat(labels, request.oversample());
    float[][] z = Noise.latents(model.latent(), candidates, seed, request.truncation());
    clock.loopBegins();
    PictureBatch pictures;
    try {
      pictures = decode(z, all, request.watch());
    } catch (CancelledException e) {
      // Candidates that were not scored are no result.
      throw request.oversample() > 1 ? e : Graphs.cancelled(e, model, seed, z, labels, clock);
    }
    clock.loopEnds(candidates);
    if (request.oversample() == 1) {
      return new PictureResult(pictures, seed, z, labels, new float[0], clock.timings());
    }
    float[] scores = score(pictures, all, request.watch().silent());
    int[] best = best(scores, request.oversample());
    float[][] bestZ = new float[best.length][];
    float[] bestScores = new float[best.length];
    for (int i = 0; i < best.length; i++) {
      bestZ[i] = z[best[i]];
      bestScores[i] = scores[best[i]];
    }
    return new PictureResult(
        pictures.select(best), seed, bestZ, labels, bestScores, clock.timings());
  }

  @Override
  public float[][] latents(PictureRequest request) {
    return Noise.latents(
        model.latent(), request.count(), Seeds.orDrawn(request.seed()), request.truncation());
  }

  @Override
  public PictureBatch decode(float[][] z, List<Integer> classLabels) {
    return decode(z, model.labels(generator, classLabels, z.length), Watch.NONE);
  }

  @Override
  public float[] score(PictureBatch pictures, List<Integer> classLabels) {
    if (!hasDiscriminator()) {
      throw cannot("pictures", "score pictures: its folder has no discriminator");
    }
    long[] labels = model.labels(model.graph("discriminator"), classLabels, pictures.count());
    return score(pictures, labels, Watch.NONE);
  }

  @Override
  public Scores score(PictureBatch pictures, List<Integer> classLabels, long seed) {
    float[] scores = score(pictures, classLabels);
    double[] values = new double[scores.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = scores[i];
    }
    return new Scores("discriminator, higher is more real", values);
  }

  private PictureBatch decode(float[][] z, long[] labels, Watch watch) {
    model.checkLatents(z);
    Batched run = new Batched(generator, z.length).vectors("z", z, latentShape).labels(labels);
    return Graphs.pictures(model, run.run("sample", watch), z.length);
  }

  private float[] score(PictureBatch pictures, long[] labels, Watch watch) {
    NamedGraph discriminator = model.graph("discriminator");
    long[] own = discriminator.takes("class_label") ? labels : new long[0];
    return Graphs.pictures(discriminator, "sample", pictures)
        .labels(own)
        .run("score", watch)
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
}
