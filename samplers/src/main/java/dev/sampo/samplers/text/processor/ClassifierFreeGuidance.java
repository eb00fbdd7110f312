package dev.sampo.samplers.text.processor;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.draw.Rows;

/**
 * Pushes the scores away from what the model would say without the prompt. Sanchez et al. 2023, arXiv:2306.17806. With c the scores given
 * the prompt and u those without (or with a negative prompt): u + scale (c - u).
 */
public final class ClassifierFreeGuidance {
  private ClassifierFreeGuidance() {}

  /**
   * Scores as they are; transformers' {@code ClassifierFreeGuidanceLogitsProcessor}.
   *
   * @param conditional given the prompt; receives the result
   * @param unconditional without the prompt, same length
   * @param scale 1 changes nothing
   */
  public static void guide(float[] conditional, float[] unconditional, float scale) {
    if (conditional.length != unconditional.length) {
      throw new RequestException(
          null,
          "Guidance needs as many unconditional scores as conditional ones (got "
              + unconditional.length
              + " and "
              + conditional.length
              + ").");
    }
    for (int i = 0; i < conditional.length; i++) {
      float u = unconditional[i];
      conditional[i] = u + (conditional[i] - u) * scale;
    }
  }

  /**
   * Log-probabilities of both first; what transformers does for {@code guidance_scale} in text generation
   * ({@code UnbatchedClassifierFreeGuidanceLogitsProcessor}).
   *
   * @param conditional one row, given the prompt; receives the result
   * @param unconditional one row, without the prompt; changed as well
   */
  public static void guideLogProbabilities(
      float[] conditional, int offset, float[] unconditional, int length, float scale) {
    Rows.logSoftmax(conditional, offset, length);
    Rows.logSoftmax(unconditional, offset, length);
    for (int i = 0; i < length; i++) {
      float u = unconditional[offset + i];
      conditional[offset + i] = scale * (conditional[offset + i] - u) + u;
    }
  }
}
