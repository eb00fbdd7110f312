package dev.sampo.samplers.latent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.random.TorchGenerator;
import org.junit.jupiter.api.Test;

class CategoricalSamplerTest {
  private static final float[] LOGITS = {1, 2, 0.5f, -1};

  @Test
  void sample_whenStrided_thenReadsItsOwnLevels() {
    float[] planes = {0, 1, 0, 2, 0, 0.5f, 0, -1};
    CategoricalSampler sampler = new CategoricalSampler(1);
    // softmax: .2242, .6095, .1360, .0303
    assertEquals(0, sampler.sample(planes, 1, 2, 4, 0.2241));
    assertEquals(1, sampler.sample(planes, 1, 2, 4, 0.2243));
    assertEquals(2, sampler.sample(planes, 1, 2, 4, 0.96));
    assertEquals(3, sampler.sample(planes, 1, 2, 4, 0.9999999));
  }

  @Test
  void sample_whenTemperatureIsZero_thenTheLargest() {
    assertEquals(1, new CategoricalSampler(0).sample(LOGITS, 0.99));
  }

  @Test
  void sample_whenManyDraws_thenFrequenciesAreTheSoftmax() {
    double[] p = new double[4];
    for (int k = 0; k < 4; k++) {
      p[k] = Math.exp(CategoricalSampler.logProbability(LOGITS, 0, 1, 4, k));
    }
    TorchGenerator random = new TorchGenerator(6);
    int[] seen = new int[4];
    for (int i = 0; i < 40_000; i++) {
      seen[new CategoricalSampler(1).sample(LOGITS, random.nextUniform53())]++;
    }
    // chi-square with 3 degrees of freedom exceeds 16.27 once in a thousand
    assertTrue(Statistics.chiSquare(seen, p) < 16.27);
  }

  @Test
  void logProbability_whenLogits_thenTheValuesOfScipy() {
    assertEquals(-3.495181898085856, CategoricalSampler.logProbability(LOGITS, 0, 1, 4, 3), 1e-12);
  }

  @Test
  void sample_whenALogitIsNaN_thenErrorNamesTheLevel() {
    RequestException e =
        assertThrows(
            RequestException.class,
            () -> new CategoricalSampler(1).sample(new float[] {0, Float.NaN}, 0.5));
    assertEquals("The logit of level 1 is NaN.", e.getMessage());
  }
}
