package dev.sampo.diffusion;

import dev.sampo.samplers.random.TorchGenerator;
import org.junit.jupiter.api.Test;

class FinalNormTest {
  @Test
  void apply_whenSeenBeforeAndBehind_thenTheSameForAnotherState() {
    int width = 16;
    TorchGenerator random = new TorchGenerator(1);
    float[] g = new float[width];
    float[] b = new float[width];
    random.randn(g);
    random.randn(b);
    float[] before = new float[20 * width];
    float[] state = new float[20 * width];
    random.randn(before);
    random.randn(state);
    float[] wanted = normalized(state, g, b);
    FinalNorm.apply(before, normalized(before, g, b), state, width);
    Fixtures.close("normalized", wanted, state, 1e-5);
  }

  private static float[] normalized(float[] x, float[] g, float[] b) {
    int width = g.length;
    float[] out = new float[x.length];
    for (int from = 0; from < x.length; from += width) {
      double mean = 0;
      double square = 0;
      for (int c = 0; c < width; c++) {
        mean += x[from + c] / (double) width;
      }
      for (int c = 0; c < width; c++) {
        square += (x[from + c] - mean) * (x[from + c] - mean) / width;
      }
      for (int c = 0; c < width; c++) {
        out[from + c] = (float) (g[c] * (x[from + c] - mean) / Math.sqrt(square + 1e-5) + b[c]);
      }
    }
    return out;
  }
}
