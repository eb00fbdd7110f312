package dev.sampo.text;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;

/** Which loop a plan asks for. */
final class Strategies {
  private Strategies() {}

  static DecodingLoop of(GenerationPlan plan) {
    GenerationConfig config = plan.config();
    boolean beams = config.get(Setting.NUM_BEAMS) > 1;
    Double scale = config.find(Setting.GUIDANCE_SCALE);
    boolean guided = scale != null && scale != 1;
    boolean cached = plan.request().promptCache() != null;
    boolean lookup = config.find(Setting.PROMPT_LOOKUP_NUM_TOKENS) != null;
    boolean assisted = plan.assistant() != null || lookup;
    if (cached && (beams || guided || assisted)) {
      throw new RequestException(
          "promptCache",
          "A prompt cache does not go with beams, guidance_scale, an assistant or prompt lookup.");
    }
    if (assisted && (beams || guided)) {
      throw new RequestException(
          lookup ? "promptLookupNumTokens" : "assistant",
          "An assistant or prompt lookup does not go with beams or guidance_scale.");
    }
    if (isContrastive(config)) {
      if (cached || guided || assisted) {
        throw new RequestException(
            "penaltyAlpha",
            "penalty_alpha does not go with a prompt cache, guidance_scale, an assistant or prompt"
                + " lookup.");
      }
      return new ContrastiveLoop(plan);
    }
    if (assisted) {
      return new AssistedLoop(plan);
    }
    return beams ? new BeamLoop(plan) : new SampleLoop(plan);
  }

  private static boolean isContrastive(GenerationConfig config) {
    Double alpha = config.find(Setting.PENALTY_ALPHA);
    return alpha != null
        && alpha > 0
        && !config.get(Setting.DO_SAMPLE)
        && config.get(Setting.TOP_K) > 1;
  }
}
