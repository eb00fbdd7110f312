package dev.sampo.cli;

import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.diffusion.staged.CascadePipeline;
import dev.sampo.diffusion.staged.StagedRequest;
import dev.sampo.diffusion.staged.StagedResult;
import dev.sampo.diffusion.staged.UnClipPipeline;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** {@code sampo image} for models in stages, cascades and unCLIP: steps and guidance that are given hold for every stage. */
final class StagedImage {
  private static final int MOST_STAGES = 4;

  private StagedImage() {}

  /** Whether a folder is such a model. */
  static boolean isFor(ModelFolder folder) {
    Class<? extends Model> family = Sampo.familyOf(folder);
    return CascadePipeline.class.isAssignableFrom(family)
        || UnClipPipeline.class.isAssignableFrom(family);
  }

  static StagedRequest.Builder request(
      String[] prompts,
      String[] negativePrompts,
      int count,
      long seed,
      @Nullable Integer steps,
      @Nullable Double scale) {
    StagedRequest.Builder builder =
        StagedRequest.builder()
            .prompt(prompts)
            .negativePrompt(negativePrompts)
            .count(count)
            .seed(seed);
    if (steps != null) {
      int[] each = new int[MOST_STAGES];
      Arrays.fill(each, steps);
      builder.numInferenceSteps(each);
    }
    if (scale != null) {
      double[] each = new double[MOST_STAGES];
      Arrays.fill(each, scale);
      builder.guidanceScale(each);
    }
    return builder;
  }

  static StagedResult run(
      ModelFolder folder, SessionConfig config, StagedRequest.Builder request, Console console) {
    Console.Progress[] bar = new Console.Progress[1];
    request
        .cancellation(console.cancellation())
        .progress(
            step -> {
              if (bar[0] == null) {
                bar[0] = console.progress("image", step.total());
              }
              bar[0].stepTo(step.done());
            });
    try (Model model = Sampo.open(folder, config)) {
      StagedRequest wanted = request.build();
      if (model instanceof CascadePipeline cascade) {
        return cascade.generate(wanted);
      }
      if (model instanceof UnClipPipeline unClip) {
        return unClip.generate(wanted);
      }
      throw new IllegalStateException("Not in stages: " + folder);
    } finally {
      if (bar[0] != null) {
        bar[0].close();
      }
    }
  }
}
