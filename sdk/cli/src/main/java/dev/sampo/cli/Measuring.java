package dev.sampo.cli;

import dev.sampo.cli.quality.ModelQuality;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.diffusion.DiffusionResult;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.specs.ImageFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Measures models that ship on data that they have not seen, as their cards were measured. */
final class Measuring {
  private static final long SEED = 0;
  private static final int BATCH = 100;
  private static final int STEPS = 25;

  private final Console console;
  private final int samples;
  private final ModelQuality quality;

  /**
   * @param keptBack null for the data of the project
   */
  Measuring(Console console, int samples, @Nullable Path keptBack) {
    this.console = console;
    this.samples = samples;
    this.quality =
        new ModelQuality(
            keptBack != null
                ? keptBack
                : ShippedModels.home()
                    .resolve("exporter-specs")
                    .resolve(Path.of("src", "test", "resources", "judge")));
  }

  /** Figures by their names in the card. */
  Map<String, Double> measure(String name, Path folder) throws IOException {
    try (Console.Progress bar = console.progress(name, samples)) {
      Family family = ModelFolder.open(folder).family();
      if (family == Family.DIFFUSION_UNET) {
        return diffusion(folder, bar);
      }
      return quality.measure(
          folder,
          new ModelQuality.Settings(samples, SEED),
          step -> bar.stepTo(step.done()),
          console.cancellation());
    }
  }

  /** Samples with 25 steps of the folder's scheduler and guidance, class i modulo 10. */
  private Map<String, Double> diffusion(Path folder, Console.Progress bar) throws IOException {
    try (DiffusionPipeline pipeline =
        DiffusionPipeline.open(ModelFolder.open(folder), SessionConfig.defaults())) {
      int classes = pipeline.classes().size();
      long[] labels = new long[samples];
      float[] values = new float[0];
      int height = 0;
      int width = 0;
      for (int from = 0; from < samples; from += BATCH) {
        int[] batch = new int[Math.min(BATCH, samples - from)];
        for (int i = 0; i < batch.length; i++) {
          batch[i] = (from + i) % classes;
          labels[from + i] = batch[i];
        }
        DiffusionRequest request =
            DiffusionRequest.builder()
                .classLabel(batch)
                .seed(SEED + from)
                .numInferenceSteps(STEPS)
                .cancellation(console.cancellation())
                .build();
        DiffusionResult result = pipeline.generate(request);
        float[] pictures = result.pictures().toArray();
        if (from == 0) {
          height = result.pictures().heightPx();
          width = result.pictures().widthPx();
          values = new float[samples * height * width];
        }
        System.arraycopy(pictures, 0, values, from * height * width, pictures.length);
        bar.stepTo(from + batch.length);
      }
      ImageFormat format = new ImageFormat(1, height, width, 0, 1);
      return quality.ofDigits(PictureBatch.of(samples, height, width, format, values), labels);
    }
  }
}
