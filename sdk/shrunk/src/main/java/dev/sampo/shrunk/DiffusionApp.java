package dev.sampo.shrunk;

import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.picture.Pixels;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;

/** An app that draws by diffusion and does nothing else. */
public final class DiffusionApp {
  private DiffusionApp() {}

  /** Draws two digits by the diffusion model in the folder given. */
  public static void main(String[] args) {
    draw(Paths.get(args[0]));
  }

  static void draw(Path model) {
    try (DiffusionPipeline pipeline = DiffusionPipeline.open(model)) {
      DiffusionRequest request =
          DiffusionRequest.builder().classLabel(2, 7).numInferenceSteps(3).seed(11).build();
      for (Pixels picture : pipeline.generate(request).pictures().pixels()) {
        print("diffusion", picture);
      }
    }
  }

  static void print(String what, Pixels picture) {
    System.out.println(
        what
            + " "
            + picture.widthPx()
            + "x"
            + picture.heightPx()
            + " "
            + Arrays.hashCode(picture.toBytes()));
  }
}
