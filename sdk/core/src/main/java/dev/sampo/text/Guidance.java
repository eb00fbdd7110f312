package dev.sampo.text;

import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.processor.ClassifierFreeGuidance;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.TextModel;
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
  private final CancellationToken token;

  private Guidance(DecodingState unconditional, float scale, CancellationToken token) {
    this.unconditional = unconditional;
    this.scale = scale;
    this.token = token;
  }

  /** Guidance as the settings ask for it, null if they do not. */
  static @Nullable Guidance of(GenerationPlan plan, int copies) {
    Double scale = plan.config().find(Setting.GUIDANCE_SCALE);
    if (scale == null || scale == 1) {
      return null;
    }
    if (plan.model().isEncoderDecoder()) {
      throw new RequestException(
          "guidanceScale",
          "guidance_scale works with decoder-only models; this one has an encoder.");
    }
    int[][] ids = new int[plan.rows()][];
    int[][] mask = new int[plan.rows()][];
    for (int b = 0; b < ids.length; b++) {
      int[] prompt = plan.batch().ids()[b];
      ids[b] =
          plan.negativeIds().length > 0
              ? plan.negativeIds()
              : new int[] {prompt[prompt.length - 1]};
      mask[b] = new int[ids[b].length];
      Arrays.fill(mask[b], 1);
    }
    TextModel.Batch batch = new TextModel.Batch(ids, mask, ids);
    return new Guidance(
        plan.model().start(batch, copies, plan.useCache(), plan.token()),
        scale.floatValue(),
        plan.token());
  }

  void guide(float[] scores, int rows, int length) {
    for (int r = 0; r < rows; r++) {
      ClassifierFreeGuidance.guideLogProbabilities(
          scores, r * length, unconditional.logits(), length, scale);
    }
  }

  void feed(int[] ids) {
    unconditional.feed(ids, token);
  }

  @Override
  public void close() {
    unconditional.close();
  }
}
