package dev.sampo.video;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.internal.DenoiserCall;
import dev.sampo.internal.PromptReader.Reading;
import dev.sampo.internal.Sizes;
import dev.sampo.runtime.Shape;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.Scheduler;
import java.nio.file.Path;

/**
 * Wan 2.1 and 2.2: a Transformer over latents in five dimensions, UMT5 text whose padding is zeroed, a causal autoencoder whose first frame
 * stands alone. Wan Team 2025, arXiv:2503.20314.
 *
 * @param spatial pixels of a latent position
 * @param temporal frames of a latent frame
 * @param patch latent positions of a token
 */
record Wan(int spatial, int temporal, int patch) implements VideoArchitecture {
  static Wan of(JsonNode transformer, JsonNode vae, Path root) {
    JsonNode patch = transformer.path("patch_size");
    return new Wan(
        VideoArchitecture.integer(vae, root, "scale_factor_spatial", 8),
        VideoArchitecture.integer(vae, root, "scale_factor_temporal", 4),
        patch.isArray() && patch.size() == 3
            ? Sizes.stated(
                patch.get(1), "patch_size[1]", root.resolve("transformer/config.json"), 2, 256)
            : 2);
  }

  @Override
  public int defaultHeightPx() {
    return 480;
  }

  @Override
  public int defaultWidthPx() {
    return 832;
  }

  @Override
  public int defaultFrames() {
    return 81;
  }

  @Override
  public double guidanceScale() {
    return 5.0;
  }

  @Override
  public int textLength() {
    return 512;
  }

  /** As the reference brings a number that is not 4 k + 1 to one that is. */
  @Override
  public int frames(int asked) {
    return asked % temporal == 1 || temporal == 1
        ? asked
        : Math.max(1, asked / temporal * temporal + 1);
  }

  /** HTML entities undone twice, white space collapsed. */
  @Override
  public String prepared(String prompt) {
    return HtmlText.unescaped(HtmlText.unescaped(prompt)).trim().replaceAll("\\s+", " ").trim();
  }

  /** Rows of padding become zero; the Transformer has no mask and attends to them. */
  @Override
  public Reading features(Reading r) {
    float[] states = r.states().clone();
    int width = r.width();
    for (int row = 0; row < r.mask().length; row++) {
      if (r.mask()[row] == 0) {
        java.util.Arrays.fill(states, row * width, (row + 1) * width, 0);
      }
    }
    return new Reading(r.batch(), r.length(), states, r.vectors(), r.mask());
  }

  @Override
  public RunOptions schedule(int steps, Scheduler scheduler, int tokens) {
    return VideoArchitecture.shifted(RunOptions.steps(steps), scheduler, tokens);
  }

  @Override
  public float[] packed(float[] x, VideoShape shape) {
    return x;
  }

  @Override
  public float[] unpacked(float[] x, VideoShape shape) {
    return x;
  }

  @Override
  public Shape inputShape(int rows, VideoShape shape) {
    return shape.shape(rows);
  }

  @Override
  public boolean guidesInOneCall() {
    return false;
  }

  @Override
  public void bind(DenoiserCall call, Reading text, VideoShape shape, double frameRate) {}
}
