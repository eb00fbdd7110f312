package dev.sampo.diffusion.architecture;

import dev.sampo.runtime.Shape;
import java.util.List;

/**
 * Stable Diffusion XL: two CLIP encoders side by side, the layer before the last of each, the second one's projected vector, and the
 * picture's sizes as a condition. Podell et al. 2023, arXiv:2307.01952, section 2.2.
 *
 * @param isZeroWithoutNegative {@code force_zeros_for_empty_prompt} of model_index.json
 */
public record StableDiffusionXl(boolean isZeroWithoutNegative) implements Architecture {
  private static final int SIZES = 6;

  @Override
  public double guidanceScale() {
    return 5.0;
  }

  @Override
  public int steps() {
    return 50;
  }

  @Override
  public TextWish wish(TextOptions options) {
    Integer skip = options.clipSkip();
    return new TextWish(2 + (skip == null ? 0 : skip), false);
  }

  @Override
  public TextFeatures text(List<TextReading> r) {
    TextReading first = r.get(0);
    TextReading last = r.get(r.size() - 1);
    float[] features = StableDiffusion3.hidden(first);
    for (int k = 1; k < r.size(); k++) {
      features =
          TextReading.sideBySide(
              features, StableDiffusion3.hidden(r.get(k)), first.batch() * first.length());
    }
    return new TextFeatures(first.length(), features, last.pooled(), first.mask());
  }

  @Override
  public void bind(NetworkInputs inputs, Conditions c) {
    float[] ids = new float[c.rows() * SIZES];
    for (int b = 0; b < c.rows(); b++) {
      float[] row = b < c.plainRows() ? c.plainSizes() : c.sizes();
      System.arraycopy(row, 0, ids, b * SIZES, SIZES);
    }
    inputs.bind("time_ids", Shape.of(c.rows(), SIZES), ids);
  }
}
