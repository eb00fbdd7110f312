package dev.sampo.diffusion.architecture;

import dev.sampo.samplers.diffusion.SchedulerConfig;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Stable Diffusion 1 and 2 and what follows their layout: a UNet over latents, one CLIP encoder. Rombach et al. 2021, arXiv:2112.10752.
 *
 * <p>{@code clipSkip} k takes the state k layers before the last and the encoder's final normalization on top, as diffusers does.
 */
public record StableDiffusion() implements Architecture {
  /** Classes of diffusers that have the key clip_sample, true unless told otherwise. */
  private static final Set<String> CLIPS =
      new HashSet<>(
          Arrays.asList(
              "DDIMScheduler",
              "DDIMInverseScheduler",
              "DDPMScheduler",
              "LCMScheduler",
              "RePaintScheduler",
              "TCDScheduler"));

  /** Classes that have no key steps_offset. */
  private static final Set<String> WITHOUT_OFFSET =
      new HashSet<>(
          Arrays.asList(
              "DPMSolverSinglestepScheduler",
              "EDMDPMSolverMultistepScheduler",
              "EDMEulerScheduler",
              "FlowMatchEulerDiscreteScheduler",
              "FlowMatchHeunDiscreteScheduler",
              "IPNDMScheduler",
              "RePaintScheduler",
              "ScoreSdeVeScheduler",
              "CMStochasticIterativeScheduler"));

  @Override
  public double guidanceScale() {
    return 7.5;
  }

  @Override
  public int steps() {
    return 50;
  }

  /**
   * {@code steps_offset} 1 and {@code clip_sample} false, as diffusers' pipeline sets them: early folders were written without the one and
   * with a wrong other. Where the file leaves a key out that its class has, the class's default (0, true) counts as written.
   */
  @Override
  public SchedulerConfig scheduler(SchedulerConfig config) {
    SchedulerConfig changed = config;
    if (config.has("steps_offset") || !WITHOUT_OFFSET.contains(config.className())) {
      changed = changed.with("steps_offset", 1);
    }
    if (config.has("clip_sample") || CLIPS.contains(config.className())) {
      changed = changed.with("clip_sample", false);
    }
    return changed;
  }

  @Override
  public TextWish wish(TextOptions options) {
    @Nullable Integer skip = options.clipSkip();
    return skip == null ? TextWish.LAST : new TextWish(skip + 1, true);
  }

  @Override
  public TextFeatures text(List<TextReading> readings) {
    TextReading r = readings.get(0);
    float[] chosen = r.layer().length > 0 ? r.layer() : r.last();
    return new TextFeatures(r.length(), chosen, new float[0], r.mask());
  }
}
