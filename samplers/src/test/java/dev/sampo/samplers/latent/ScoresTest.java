package dev.sampo.samplers.latent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Quantiles, thresholds and ELBO terms. */
class ScoresTest {
  @Test
  void quantiles_whenUnsorted_thenTheValuesOfNumpy() {
    double[] values = {3, 1, 4, 1, 5, 9, 2, 6};
    assertArrayEquals(
        new double[] {1, 1, 3.5, 7.95, 9},
        Quantiles.of(values, new double[] {0, .1, .5, .95, 1}),
        1e-12);
  }

  @Test
  void quantiles_whenEmpty_thenError() {
    assertEquals(
        "There are no values to take quantiles of.",
        assertThrows(RequestException.class, () -> Quantiles.of(new double[0], .5)).getMessage());
  }

  @Test
  void threshold_whenFitted_thenFalseAlarmRateIsReported() {
    double[] normal = new double[100];
    for (int i = 0; i < 100; i++) {
      normal[i] = i;
    }
    AnomalyThreshold threshold = AnomalyThreshold.fit(normal, 0.95);
    assertEquals(94.05, threshold.value(), 1e-9);
    assertEquals(0.05, threshold.falseAlarmRate());
    assertEquals(0.5, threshold.rate(new double[] {94, 95}));
  }

  @Test
  void auroc_whenScores_thenShareOfOrderedPairs() {
    assertEquals(1, AnomalyThreshold.auroc(new double[] {1, 2}, new double[] {3, 4}));
    assertEquals(0, AnomalyThreshold.auroc(new double[] {3, 4}, new double[] {1, 2}));
    // pairs: 2>1, 2=2 (half), 2<3; 4>1, 4>2, 4>3
    assertEquals(
        4.5 / 6, AnomalyThreshold.auroc(new double[] {1, 2, 3}, new double[] {2, 4}), 1e-12);
  }

  @Test
  void elbo_whenTerms_thenTheValuesOfPyTorch() {
    float[] x = {0, 1, .3f};
    float[] y = {.1f, .8f, .4f};
    assertEquals(0.9609692096710205, Elbo.bernoulli(x, y), 1e-6);
    assertEquals(0.7973739504814148, Elbo.gaussian(x, y, .5), 1e-6);
    double kl = Elbo.kl(new float[] {.5f, -1}, new float[] {.2f, -.7f});
    assertEquals(0.7339940071105957, kl, 1e-6);
    assertEquals(-1.25, new Elbo(1, 0.25).elbo());
  }

  @Test
  void reparameterise_whenManyDraws_thenMeanAndVariance() {
    int n = 40_000;
    float[] mean = new float[n];
    float[] logvar = new float[n];
    Arrays.fill(mean, 2);
    Arrays.fill(logvar, (float) Math.log(0.25));
    float[] noise = new float[n];
    new TorchGenerator(3).randn(noise);
    float[] z = Elbo.reparameterise(mean, logvar, noise);
    assertEquals(2, Statistics.mean(z), 4 * 0.5 / Math.sqrt(n));
    assertEquals(0.25, Statistics.variance(z), 0.01);
    assertEquals(
        0, Statistics.kolmogorovSmirnov(z, v -> Normal.cdf((v - 2) / 0.5)), Statistics.ksLimit(n));
  }
}
