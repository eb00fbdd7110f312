package dev.sampo.picture;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Batched;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Seeds;
import dev.sampo.internal.Stopwatch;
import dev.sampo.internal.Watch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.Elbo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A VAE on ONNX Runtime. */
final class OnnxVae extends OnnxPictures implements VaePipeline {
  private static final List<String> POSTERIOR = List.of("mean", "logvar");

  private final NamedGraph decoder;
  private final long[] latentShape;

  private OnnxVae(LatentModel model) {
    super(model, Family.VAE);
    this.decoder = model.graph("decoder");
    this.latentShape = model.latentShape(decoder, "z");
  }

  static OnnxVae open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.VAE, config);
    try {
      return new OnnxVae(model);
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
    return decoder.takes("class_label");
  }

  @Override
  public boolean hasEncoder() {
    return model.has("encoder");
  }

  @Override
  public Path decoderFile() {
    return decoder.graph().path();
  }

  @Override
  public PictureResult sample(PictureRequest request) {
    request.requireOnly(name());
    Stopwatch clock = new Stopwatch(model.loadMillis());
    Double truncation = request.truncation();
    if (truncation != null && !(truncation > 0)) {
      throw new RequestException("truncation", "truncation is above 0, got " + truncation + ".");
    }
    long seed = Seeds.orDrawn(request.seed());
    float[][] z = Noise.latents(model.latent(), request.count(), seed, null);
    if (truncation != null) {
      for (float[] row : z) {
        for (int i = 0; i < row.length; i++) {
          row[i] *= truncation.floatValue();
        }
      }
    }
    long[] labels = model.labels(decoder, request.classLabels(), request.count());
    clock.loopBegins();
    try {
      PictureBatch pictures = decode(z, labels, request.watch());
      clock.loopEnds(request.count());
      return new PictureResult(pictures, seed, z, labels, new float[0], clock.timings());
    } catch (CancelledException e) {
      throw Graphs.cancelled(e, model, seed, z, labels, clock);
    }
  }

  @Override
  public Posterior encode(PictureBatch pictures, List<Integer> classLabels) {
    if (!hasEncoder()) {
      throw cannot("pictures", "encode pictures: its folder has no encoder");
    }
    NamedGraph encoder = model.graph("encoder");
    List<Batched.Result> results =
        Graphs.pictures(encoder, "sample", pictures)
            .labels(model.labels(encoder, classLabels, pictures.count()))
            .run(POSTERIOR, Watch.NONE);
    return new Posterior(results.get(0).rows(), results.get(1).rows());
  }

  @Override
  public PictureBatch decode(float[][] z, List<Integer> classLabels) {
    return decode(z, model.labels(decoder, classLabels, z.length), Watch.NONE);
  }

  private PictureBatch decode(float[][] z, long[] labels, Watch watch) {
    model.checkLatents(z);
    Batched run = new Batched(decoder, z.length).vectors("z", z, latentShape).labels(labels);
    return Graphs.pictures(model, run.run("sample", watch), z.length);
  }

  @Override
  public Scores score(PictureBatch pictures, List<Integer> classLabels, long seed) {
    List<Elbo> terms = elbo(pictures, Likelihood.BERNOULLI, seed);
    double[] values = new double[terms.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = terms.get(i).elbo();
    }
    return new Scores("evidence lower bound in nats, higher is more likely", values);
  }

  @Override
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

  @Override
  public PictureBatch inpaint(PictureBatch picture, boolean[] known, SearchRequest search) {
    float[] target = picture.picture(0);
    LatentSearch.Losses losses = LatentSearch.maskedError(this::decode, target, known);
    float[] start = hasEncoder() ? encode(picture.select(0)).mean()[0] : new float[latentSize()];
    LatentSearch.Result found;
    try {
      found = LatentSearch.evolve(start, losses, search);
    } catch (CancelledException e) {
      LatentSearch.Result sofar = e.partial(LatentSearch.Result.class);
      throw sofar == null
          ? e
          : new CancelledException(
              String.valueOf(e.getMessage()), e, filled(picture, known, sofar.latent()));
    }
    return filled(picture, known, found.latent());
  }

  private PictureBatch filled(PictureBatch picture, boolean[] known, float[] latent) {
    float[] target = picture.picture(0);
    float[] filled = decode(new float[][] {latent}).picture(0);
    for (int i = 0; i < filled.length; i++) {
      if (known[i % known.length]) {
        filled[i] = target[i];
      }
    }
    return PictureBatch.owning(1, picture.heightPx(), picture.widthPx(), picture.format(), filled);
  }
}
