package dev.sampo.diffusion.architecture;

import dev.sampo.runtime.Shape;
import java.util.Locale;

/**
 * PixArt and Transformers like it: one T5 encoder whose padding is masked. Chen et al. 2023, arXiv:2310.00426; Sigma: Chen et al. 2024,
 * arXiv:2403.04692.
 *
 * @param t5Length positions of the text: 120 for Alpha, 300 for Sigma
 */
public record PixArt(int t5Length) implements Architecture {
  @Override
  public double guidanceScale() {
    return 4.5;
  }

  @Override
  public int steps() {
    return 20;
  }

  /** Lower case without white space at its ends: what the reference does where its caption cleaner is off or not installed. */
  @Override
  public String prepared(String prompt) {
    return prompt.toLowerCase(Locale.ROOT).trim();
  }

  @Override
  public void bind(NetworkInputs inputs, Conditions c) {
    float[] sizes = new float[2 * c.rows()];
    for (int b = 0; b < c.rows(); b++) {
      sizes[2 * b] = c.heightPx();
      sizes[2 * b + 1] = c.widthPx();
    }
    inputs.bind("resolution", Shape.of(c.rows(), 2), sizes);
    float[] ratio = new float[c.rows()];
    java.util.Arrays.fill(ratio, (float) ((double) c.heightPx() / c.widthPx()));
    inputs.bind("aspect_ratio", Shape.of(c.rows(), 1), ratio);
  }
}
