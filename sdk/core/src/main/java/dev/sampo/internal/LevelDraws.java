package dev.sampo.internal;

import dev.sampo.samplers.random.TorchGenerator;

/** Draws of levels as a PyTorch loop makes them: {@code torch.multinomial(torch.softmax(logits / temperature, 1), 1)}. */
public final class LevelDraws {
  private final double temperature;
  private final TorchGenerator generator;

  /**
   * @param temperature above 0, or 0 for the largest logit
   */
  public LevelDraws(double temperature, TorchGenerator generator) {
    this.temperature = temperature;
    this.generator = generator;
  }

  /** One level a row; the rows are changed. */
  public int[] draw(float[][] logits) {
    int[] out = new int[logits.length];
    if (temperature == 0) {
      for (int i = 0; i < out.length; i++) {
        out[i] = argmax(logits[i]);
      }
      return out;
    }
    for (float[] row : logits) {
      softmax(row);
    }
    int[][] drawn = generator.multinomial(logits, 1, true);
    for (int i = 0; i < out.length; i++) {
      out[i] = drawn[i][0];
    }
    return out;
  }

  private void softmax(float[] row) {
    float max = row[argmax(row)];
    double sum = 0;
    for (int k = 0; k < row.length; k++) {
      row[k] = (float) Math.exp((row[k] - max) / temperature);
      sum += row[k];
    }
    for (int k = 0; k < row.length; k++) {
      row[k] = (float) (row[k] / sum);
    }
  }

  private static int argmax(float[] row) {
    int best = 0;
    for (int k = 1; k < row.length; k++) {
      if (row[k] > row[best]) {
        best = k;
      }
    }
    return best;
  }
}
