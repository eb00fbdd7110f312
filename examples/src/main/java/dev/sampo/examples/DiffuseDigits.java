package dev.sampo.examples;

import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.diffusion.DiffusionResult;
import dev.sampo.imaging.ContactSheet;
import dev.sampo.imaging.Pictures;
import java.io.IOException;
import java.nio.file.Path;

/** Denoises four digits with two schedulers: the same seed, the same model, other steps. */
public final class DiffuseDigits {
  private DiffuseDigits() {}

  /** Writes one contact sheet a scheduler into the folder given. */
  public static void main(String[] args) throws IOException {
    try (DiffusionPipeline pipeline = DiffusionPipeline.open(Models.path("digits-diffusion"))) {
      for (String scheduler : new String[] {"DDIM", "DPMSolverMultistep"}) {
        DiffusionRequest request =
            DiffusionRequest.builder()
                .classLabel(2, 0, 2, 6)
                .scheduler(scheduler)
                .numInferenceSteps(12)
                .seed(11)
                .build();
        DiffusionResult result = pipeline.generate(request);
        Path file = Models.out(args).resolve(scheduler + ".png");
        Pictures.writePng(
            file,
            ContactSheet.builder(result.pictures().pixels()).columns(4).enlarge(3).build().render(),
            result.settings());
        System.out.println("Four digits by " + scheduler + ": " + file);
      }
    }
  }
}
