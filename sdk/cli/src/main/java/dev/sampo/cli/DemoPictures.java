package dev.sampo.cli;

import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.diffusion.DiffusionResult;
import dev.sampo.imaging.Animations;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.AutoencoderPipeline;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.PixelCnnPipeline;
import dev.sampo.picture.Pixels;
import dev.sampo.picture.StyleGanPipeline;
import dev.sampo.picture.VaePipeline;
import dev.sampo.samplers.latent.Interpolation;
import dev.sampo.samplers.random.TorchGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The picture families of {@code sampo demo}. */
final class DemoPictures {
  private static final int ROWS = 6;

  private final Demo demo;

  DemoPictures(Demo demo) {
    this.demo = demo;
  }

  void gan(String model) throws IOException {
    long start = System.nanoTime();
    try (GanPipeline pipeline = GanPipeline.open(demo.model(model), demo.session())) {
      PictureBatch pictures = pipeline.sample(request(10 * ROWS)).pictures();
      Path file = demo.file("gan.png");
      demo.sheet(file, pictures.pixels(), 10, model, Demo.DIGITS);
      demo.note(model, "60 digits, a column a class", start, 10 * ROWS, "pictures", file);
    }
  }

  void styleGan(String model) throws IOException {
    long start = System.nanoTime();
    try (StyleGanPipeline pipeline = StyleGanPipeline.open(demo.model(model), demo.session())) {
      PictureBatch pictures = pipeline.sample(request(10 * ROWS)).pictures();
      Path file = demo.file("stylegan.png");
      demo.sheet(file, pictures.pixels(), 10, model, pipeline.classes());
      demo.note(
          model,
          "60 digits from a mapping and a synthesis net",
          start,
          10 * ROWS,
          "pictures",
          file);
    }
  }

  void vae(String model) throws IOException {
    long start = System.nanoTime();
    try (VaePipeline pipeline = VaePipeline.open(demo.model(model), demo.session())) {
      var result = pipeline.sample(request(10 * ROWS));
      Path file = demo.file("vae.png");
      demo.sheet(file, result.pictures().pixels(), 10, model, List.of());
      demo.note(model, "60 digits from the prior", start, 10 * ROWS, "pictures", file);
      walk(model, pipeline, result.latents());
    }
  }

  private void walk(String model, VaePipeline pipeline, float[][] z) throws IOException {
    long start = System.nanoTime();
    int stations = 5;
    List<Pixels> frames = new ArrayList<>();
    for (int i = 0; i < stations; i++) {
      float[][] way = Interpolation.SPHERICAL.path(z[i], z[(i + 1) % stations], 12);
      for (Pixels frame : pipeline.decode(way).pixels()) {
        frames.add(frame.enlarged(6));
      }
    }
    Path file = demo.file("vae-walk.gif");
    Animations.writeGif(file, frames, 80);
    demo.note(model, "a walk through its latents", start, frames.size(), "frames", file);
  }

  void diffusion(String model) throws IOException {
    try (DiffusionPipeline pipeline =
        DiffusionPipeline.open(ModelFolder.open(demo.model(model)), demo.session())) {
      int rows = 4;
      int[] labels = new int[10 * rows];
      for (int i = 0; i < labels.length; i++) {
        labels[i] = i % 10;
      }
      DiffusionRequest request =
          DiffusionRequest.builder()
              .classLabel(labels)
              .seed(demo.seed())
              .numInferenceSteps(25)
              .cancellation(demo.cancellation())
              .build();
      DiffusionResult result = pipeline.generate(request);
      Path file = demo.file("diffusion.png");
      demo.sheet(file, result.pictures().pixels(), 10, model, Demo.DIGITS);
      double steps = result.timings().stepsPerSecond();
      demo.note(
          model, labels.length + " digits, 25 steps, guided", Rates.of(steps) + " steps/s", file);
    }
  }

  void pixelCnn(String model) throws IOException {
    long start = System.nanoTime();
    try (PixelCnnPipeline pipeline = PixelCnnPipeline.open(demo.model(model), demo.session())) {
      int count = 10;
      PictureBatch pictures = pipeline.sample(request(count)).pictures();
      Path file = demo.file("pixelcnn.png");
      demo.sheet(file, pictures.pixels(), 10, model, Demo.DIGITS);
      demo.note(model, "10 digits, pixel by pixel", start, count, "pictures", file);
    }
  }

  /** Digits of the GAN, with noise on them, and what the autoencoder makes of that. */
  void denoise(String model) throws IOException {
    PictureBatch clean;
    try (GanPipeline gan = GanPipeline.open(demo.model("digits-gan"), demo.session())) {
      clean = gan.sample(PictureRequest.of(demo.seed() + 1, 10)).pictures();
    }
    long start = System.nanoTime();
    try (AutoencoderPipeline pipeline =
        AutoencoderPipeline.open(demo.model(model), demo.session())) {
      PictureBatch noisy = withNoise(clean);
      List<Pixels> cells = new ArrayList<>(noisy.pixels());
      cells.addAll(pipeline.reconstruct(noisy).pixels());
      Path file = demo.file("autoencoder.png");
      demo.sheet(file, cells, 10, model, List.of());
      demo.note(model, "10 noisy digits, and cleaned", start, 10, "pictures", file);
    }
  }

  private PictureRequest request(int count) {
    return PictureRequest.builder()
        .seed(demo.seed())
        .count(count)
        .cancellation(demo.cancellation())
        .build();
  }

  private PictureBatch withNoise(PictureBatch clean) {
    float[] values = clean.toArray();
    float[] noise = new float[values.length];
    new TorchGenerator(demo.seed()).randn(noise);
    double deviation = 0.2 * (clean.format().high() - clean.format().low());
    for (int i = 0; i < values.length; i++) {
      double v = values[i] + deviation * noise[i];
      values[i] = (float) Math.max(clean.format().low(), Math.min(clean.format().high(), v));
    }
    return PictureBatch.of(
        clean.count(), clean.heightPx(), clean.widthPx(), clean.format(), values);
  }
}
