package dev.sampo.cli;

import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.AutoencoderPipeline;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.GanRequest;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PixelCnnPipeline;
import dev.sampo.picture.Progress;
import dev.sampo.picture.StyleGanPipeline;
import dev.sampo.picture.VaePipeline;
import dev.sampo.picture.VaeRequest;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.Elbo;
import dev.sampo.specs.ImageFormat;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code sampo latent} asks of a model, whatever its family. What a family cannot do is an error that says so. */
abstract class LatentBackend implements AutoCloseable {
  private final String name;
  private final String family;

  LatentBackend(String name, String family) {
    this.name = name;
    this.family = family;
  }

  /**
   * Opens a model.
   *
   * @throws CommandFailure if it is of a family without latents
   */
  static LatentBackend open(Path path, SessionConfig config) {
    return open(ModelFolder.open(path), config);
  }

  private static LatentBackend open(ModelFolder folder, SessionConfig config) {
    Family family = folder.family();
    return switch (family) {
      case GAN -> new Gan(GanPipeline.open(folder, config));
      case VAE -> new Vae(VaePipeline.open(folder, config));
      case STYLEGAN -> new LatentFamilies.Style(StyleGanPipeline.open(folder, config));
      case AUTOENCODER -> new LatentFamilies.Auto(AutoencoderPipeline.open(folder, config));
      case PIXELCNN -> new LatentFamilies.PixelCnn(PixelCnnPipeline.open(folder, config));
      default ->
          throw new CommandFailure(
              folder.name()
                  + " is a model of family '"
                  + family.label()
                  + "', which has no latents. Use sampo text or sampo image; sampo inspect says"
                  + " more.");
    };
  }

  String name() {
    return name;
  }

  abstract int latentSize();

  abstract ImageFormat image();

  abstract List<String> classes();

  /** Whether a latent alone does not say the class, so that decoding wants one. */
  boolean decodesClasses() {
    return !classes().isEmpty();
  }

  /** New pictures. */
  PictureBatch sample(Draw draw, Progress progress, CancellationToken token) {
    throw cannot("draw pictures: it only encodes and decodes; use reconstruct");
  }

  /** Pictures of latents. */
  PictureBatch decode(float[][] z, List<Integer> classLabels) {
    throw cannot("make pictures of latents: it has none");
  }

  /** Latents of pictures. */
  float[][] encode(PictureBatch pictures) {
    throw cannot("encode pictures: it has no encoder");
  }

  /** One number a picture, with what it means. */
  Scores score(PictureBatch pictures, List<Integer> classLabels, long seed) {
    throw cannot("score pictures");
  }

  @Override
  public abstract void close();

  CommandFailure cannot(String what) {
    return new CommandFailure(name + " (family '" + family + "') cannot " + what + ".");
  }

  /** What is to be drawn. */
  record Draw(long seed, int count, List<Integer> classLabels, @Nullable Double truncation) {}

  /** Scores of pictures; {@code meaning} says whether more is better. */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  record Scores(String meaning, double[] values) {}

  private static final class Gan extends LatentBackend {
    private final GanPipeline pipeline;

    Gan(GanPipeline pipeline) {
      super(pipeline.name(), "gan");
      this.pipeline = pipeline;
    }

    @Override
    int latentSize() {
      return pipeline.latentSize();
    }

    @Override
    ImageFormat image() {
      return pipeline.image();
    }

    @Override
    List<String> classes() {
      return pipeline.classes();
    }

    @Override
    PictureBatch sample(Draw draw, Progress progress, CancellationToken token) {
      GanRequest request =
          new GanRequest(draw.seed, draw.count, draw.classLabels, draw.truncation, 1);
      return pipeline.sample(request, progress, token).pictures();
    }

    @Override
    PictureBatch decode(float[][] z, List<Integer> classLabels) {
      return pipeline.generate(z, classLabels);
    }

    @Override
    Scores score(PictureBatch pictures, List<Integer> classLabels, long seed) {
      if (!pipeline.hasDiscriminator()) {
        throw cannot("score pictures: its folder has no discriminator");
      }
      float[] scores = pipeline.score(pictures, classLabels);
      double[] values = new double[scores.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = scores[i];
      }
      return new Scores("discriminator, higher is more real", values);
    }

    @Override
    public void close() {
      pipeline.close();
    }
  }

  private static final class Vae extends LatentBackend {
    private final VaePipeline pipeline;

    Vae(VaePipeline pipeline) {
      super(pipeline.name(), "vae");
      this.pipeline = pipeline;
    }

    @Override
    int latentSize() {
      return pipeline.latentSize();
    }

    @Override
    ImageFormat image() {
      return pipeline.image();
    }

    @Override
    List<String> classes() {
      return pipeline.classes();
    }

    @Override
    PictureBatch sample(Draw draw, Progress progress, CancellationToken token) {
      double temperature = draw.truncation == null ? 1 : draw.truncation;
      return pipeline
          .sample(
              new VaeRequest(draw.seed, draw.count, draw.classLabels, temperature), progress, token)
          .pictures();
    }

    @Override
    PictureBatch decode(float[][] z, List<Integer> classLabels) {
      return pipeline.decode(z, classLabels);
    }

    @Override
    float[][] encode(PictureBatch pictures) {
      return pipeline.encode(pictures).mean();
    }

    @Override
    Scores score(PictureBatch pictures, List<Integer> classLabels, long seed) {
      List<Elbo> terms = pipeline.elbo(pictures, VaePipeline.Likelihood.BERNOULLI, seed);
      return new Scores(
          "evidence lower bound in nats, higher is more likely",
          terms.stream().mapToDouble(Elbo::elbo).toArray());
    }

    @Override
    public void close() {
      pipeline.close();
    }
  }
}
