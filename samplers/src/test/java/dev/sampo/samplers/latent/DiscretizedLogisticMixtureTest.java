package dev.sampo.samplers.latent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.random.TorchGenerator;
import org.junit.jupiter.api.Test;

class DiscretizedLogisticMixtureTest {
  private static final DiscretizedLogisticMixture GREY = new DiscretizedLogisticMixture(2, 1, 256);
  private static final float[] GREY_PARAMETERS = {.3f, -.2f, -.5f, .6f, -2, -1};

  @Test
  void logProbability_whenGrey_thenTheReferenceValues() {
    // the formula of the paper in NumPy float64
    double[] wanted = {-3.892388677171304, -5.4686244517013405, -2.343844517565392};
    int[] levels = {0, 100, 255};
    for (int i = 0; i < 3; i++) {
      assertEquals(
          wanted[i], GREY.logProbability(GREY_PARAMETERS, 0, 1, new int[] {levels[i]}), 1e-6);
    }
  }

  @Test
  void logProbability_whenRgb_thenTheReferenceValue() {
    float[] p = {
      0.88f, 0.2f, 0.49f, 1.12f, 0.93f, -0.49f, 0.48f, -0.08f, -0.05f, 0.21f, 0.07f, 0.73f, 0.38f,
      0.06f, 0.22f, 0.17f, 0.75f, -0.1f, 0.16f, -0.43f
    };
    DiscretizedLogisticMixture rgb = new DiscretizedLogisticMixture(2, 3, 256);
    assertEquals(p.length, rgb.parameterCount());
    assertEquals(-20.700124624212343, rgb.logProbability(p, 0, 1, new int[] {10, 128, 200}), 1e-5);
  }

  @Test
  void logProbability_whenAllLevels_thenSumsToOne() {
    double sum = 0;
    for (int level = 0; level < 256; level++) {
      sum += Math.exp(GREY.logProbability(GREY_PARAMETERS, 0, 1, new int[] {level}));
    }
    assertEquals(1, sum, 1e-9);
  }

  @Test
  void sample_whenManyDraws_thenFrequenciesAreTheProbabilities() {
    // 16 levels, so that each has enough draws
    DiscretizedLogisticMixture few = new DiscretizedLogisticMixture(2, 1, 16);
    double[] p = new double[16];
    for (int level = 0; level < 16; level++) {
      p[level] = Math.exp(few.logProbability(GREY_PARAMETERS, 0, 1, new int[] {level}));
    }
    TorchGenerator random = new TorchGenerator(8);
    int[] seen = new int[16];
    for (int i = 0; i < 40_000; i++) {
      seen[few.sample(GREY_PARAMETERS, 0, 1, 1, random::nextUniform53)[0]]++;
    }
    // chi-square with 15 degrees of freedom exceeds 37.7 once in a thousand
    double chi = Statistics.chiSquare(seen, p);
    assertTrue(chi < 37.7, "chi-square " + chi);
  }

  @Test
  void constructor_whenTwoChannels_thenError() {
    RequestException e =
        assertThrows(RequestException.class, () -> new DiscretizedLogisticMixture(2, 2, 256));
    assertEquals(
        "Wanted at least 1 mixture, 1 or 3 channels and at least 2 levels, got 2, 2 and 256.",
        e.getMessage());
  }
}
