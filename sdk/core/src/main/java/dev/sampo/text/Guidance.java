package dev.sampo.text;

import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.processor.ClassifierFreeGuidance;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Classifier-free guidance: a second state of the model without the prompt (with its last token only, or with a negative prompt) runs beside the
 * first, and the scores are led away from its. With beams the second state is not re-ordered, as it is not in transformers: row i of it reads
 * the tokens that beam i took, whichever beam they continued.
 */
final class Guidance implements AutoCloseable {
  private final DecodingState unconditional;
  private final float scale;

  private Guidance(DecodingState unconditional, float scale) {
    this.unconditional = unconditional;
    this.scale = scale;
  }

  /** Guidance as the settings ask for it, null if they do not. */
  static @Nullable Guidance of(Job job, int[] negativeIds, int copies) {
    Double scale = job.config.find(Setting.GUIDANCE_SCALE);
    if (scale == null || scale == 1) {
      return null;
    }
    if (job.model.isEncoderDecoder()) {
      throw new IllegalArgumentException(
          "guidance_scale works with decoder-only models; this one has an encoder.");
    }
    int[][] ids = new int[job.prompts()][];
    int[][] mask = new int[job.prompts()][];
    for (int b = 0; b < ids.length; b++) {
      int[] prompt = job.batch.ids()[b];
      ids[b] = negativeIds.length > 0 ? negativeIds : new int[] {prompt[prompt.length - 1]};
      mask[b] = new int[ids[b].length];
      Arrays.fill(mask[b], 1);
    }
    TextModel.Batch batch = new TextModel.Batch(ids, mask, ids);
    return new Guidance(
        job.model.start(batch, copies, job.useCache(), job.token), scale.floatValue());
  }

  void guide(float[] scores, int rows, int length) {
    for (int r = 0; r < rows; r++) {
      ClassifierFreeGuidance.guideLogProbabilities(
          scores, r * length, unconditional.logits(), length, scale);
    }
  }

  void feed(int[] ids, Job job) {
    unconditional.feed(ids, job.token);
  }

  @Override
  public void close() {
    unconditional.close();
  }
}
