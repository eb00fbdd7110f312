package dev.sampo.cli;

import dev.sampo.picture.AutoencoderPipeline;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PixelCnnPipeline;
import dev.sampo.picture.PixelCnnRequest;
import dev.sampo.picture.Progress;
import dev.sampo.picture.StyleGanPipeline;
import dev.sampo.picture.StyleGanRequest;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.specs.ImageFormat;
import java.util.List;

/** The families of {@code sampo latent} beside GAN and VAE. */
final class LatentFamilies {
  private LatentFamilies() {}

  /** A mapping and a synthesis network. */
  static final class Style extends LatentBackend {
    private final StyleGanPipeline pipeline;

    Style(StyleGanPipeline pipeline) {
      super(pipeline.name(), "stylegan");
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
      Double psi = draw.truncation();
      StyleGanRequest request =
          new StyleGanRequest(
              draw.seed(),
              draw.count(),
              draw.classLabels(),
              psi == null ? 1 : psi,
              -1,
              null,
              0,
              -1);
      return pipeline.sample(request, progress, token).pictures();
    }

    @Override
    PictureBatch decode(float[][] z, List<Integer> classLabels) {
      return pipeline.synthesize(pipeline.map(z, classLabels), 0);
    }

    @Override
    public void close() {
      pipeline.close();
    }
  }

  /** Encodes and decodes; draws nothing. */
  static final class Auto extends LatentBackend {
    private final AutoencoderPipeline pipeline;

    Auto(AutoencoderPipeline pipeline) {
      super(pipeline.name(), "autoencoder");
      this.pipeline = pipeline;
    }

    @Override
    int latentSize() {
      return pipeline.featureSize();
    }

    @Override
    ImageFormat image() {
      return pipeline.image();
    }

    @Override
    List<String> classes() {
      return List.of();
    }

    @Override
    PictureBatch decode(float[][] z, List<Integer> classLabels) {
      if (!classLabels.isEmpty()) {
        throw cannot("take class labels: leave them out");
      }
      return pipeline.decode(z);
    }

    @Override
    float[][] encode(PictureBatch pictures) {
      return pipeline.encode(pictures);
    }

    @Override
    Scores score(PictureBatch pictures, List<Integer> classLabels, long seed) {
      return new Scores(
          "squared error of the restored picture, higher is stranger",
          pipeline.anomalyScores(pictures));
    }

    @Override
    public void close() {
      pipeline.close();
    }
  }

  /** Draws pixel by pixel; has no latents. */
  static final class PixelCnn extends LatentBackend {
    private final PixelCnnPipeline pipeline;

    PixelCnn(PixelCnnPipeline pipeline) {
      super(pipeline.name(), "pixelcnn");
      this.pipeline = pipeline;
    }

    @Override
    int latentSize() {
      throw cannot("walk between latents: it has none");
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
      PixelCnnRequest request =
          PixelCnnRequest.of(draw.seed(), draw.count()).withClassLabels(draw.classLabels());
      Double temperature = draw.truncation();
      return pipeline.sample(
          temperature == null ? request : request.withTemperature(temperature), progress, token);
    }

    @Override
    Scores score(PictureBatch pictures, List<Integer> classLabels, long seed) {
      return new Scores(
          "bits a dimension, lower is more likely",
          pipeline.bitsPerDimension(pictures, classLabels));
    }

    @Override
    public void close() {
      pipeline.close();
    }
  }
}
