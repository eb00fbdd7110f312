package dev.sampo.text;

import dev.sampo.samplers.text.Setting;
import java.util.List;

/** Which loop a configuration asks for. */
final class Strategies {
  private Strategies() {}

  static List<List<Job.Ended>> run(Job job, int[] negativeIds) {
    boolean beams = job.config.get(Setting.NUM_BEAMS) > 1;
    boolean guided =
        job.config.find(Setting.GUIDANCE_SCALE) != null
            && job.config.get(Setting.GUIDANCE_SCALE) != 1;
    PromptCache cache = job.request.promptCache();
    boolean assisted =
        job.request.assistant() != null
            || job.config.find(Setting.PROMPT_LOOKUP_NUM_TOKENS) != null;
    if (cache != null && (beams || guided || assisted)) {
      throw new IllegalArgumentException(
          "A prompt cache does not go with beams, guidance_scale, an assistant or prompt lookup.");
    }
    if (assisted && (beams || guided)) {
      throw new IllegalArgumentException(
          "An assistant or prompt lookup does not go with beams or guidance_scale.");
    }
    Double alpha = job.config.find(Setting.PENALTY_ALPHA);
    if (alpha != null
        && alpha > 0
        && !job.config.get(Setting.DO_SAMPLE)
        && job.config.get(Setting.TOP_K) > 1) {
      if (cache != null || guided || assisted) {
        throw new IllegalArgumentException(
            "penalty_alpha does not go with a prompt cache, guidance_scale, an assistant or prompt lookup.");
      }
      return new ContrastiveLoop(job).run();
    }
    if (cache != null) {
      return new SampleLoop(job).run(cache);
    }
    if (assisted) {
      return new AssistedLoop(job).run();
    }
    return beams ? new BeamLoop(job).run(negativeIds) : new SampleLoop(job).run(negativeIds);
  }
}
