package dev.sampo.samplers.latent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.random.NumpyRandomState;
import dev.sampo.samplers.random.TorchGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class TruncatedNormalTest {
  @Test
  void next_whenNumpyStream_thenTheValuesOfScipy() {
    // scipy 1.17: truncnorm.rvs(-2, 2, size=8, random_state=np.random.RandomState(3))
    double[] wanted = {
      0.12183861576834208, 0.5205993295523158, -0.5231968734792912, 0.025908766934707558,
      1.1506786293446336, 1.1663407531478576, -1.0686164006808698, -0.7702918177928534
    };
    NumpyRandomState random = new NumpyRandomState(3);
    double[] got = new double[8];
    for (int i = 0; i < 8; i++) {
      got[i] = TruncatedNormal.BIGGAN.next(random::nextDouble);
    }
    assertArrayEquals(wanted, got, 1e-12);
  }

  @Test
  void fill_whenBigGanTruncation_thenScaled() {
    float[] wanted = {
      0.048735447f,
      0.20823972f,
      -0.20927875f,
      0.010363507f,
      0.46027145f,
      0.46653628f,
      -0.42744657f,
      -0.30811673f
    };
    float[] got = new float[8];
    TruncatedNormal.bigGan(0.4).fill(got, new NumpyRandomState(3)::nextDouble);
    assertArrayEquals(wanted, got, 1e-7f);
  }

  @Property(seed = "4", tries = 200)
  void fill_whenAnyThreshold_thenWithinBounds(
      @ForAll @DoubleRange(min = 0.01, max = 4) double threshold,
      @ForAll @DoubleRange(min = 0.1, max = 2) double scale,
      @ForAll long seed) {
    float[] out = new float[100];
    TorchGenerator random = new TorchGenerator(seed);
    new TruncatedNormal(threshold, scale).fill(out, random::nextUniform53);
    for (float x : out) {
      assertTrue(Math.abs(x) <= scale * threshold * (1 + 1e-6), x + " beyond " + threshold);
    }
  }

  @Test
  void fillAndResample_whenManyDraws_thenMomentsAndDistributionAreRight() {
    TruncatedNormal truncated = new TruncatedNormal(1.5, 1);
    float[] inverted = new float[50_000];
    truncated.fill(inverted, new TorchGenerator(1)::nextUniform53);
    float[] rejected = new float[50_000];
    NumpyRandomState normals = new NumpyRandomState(2);
    truncated.resample(rejected, normals::nextGaussian);
    double low = Normal.cdf(-1.5);
    // 1 - 2 c phi(c) / (1 - 2 Phi(-c))
    double variance = 1 - 2 * 1.5 * 0.12951759566589174 / (1 - 2 * low);
    for (float[] sample : new float[][] {inverted, rejected}) {
      assertEquals(0, Statistics.mean(sample), 4 * Math.sqrt(variance / sample.length));
      assertEquals(variance, Statistics.variance(sample), 0.01);
      double ks = Statistics.kolmogorovSmirnov(sample, x -> (Normal.cdf(x) - low) / (1 - 2 * low));
      assertTrue(ks < Statistics.ksLimit(sample.length), "KS " + ks);
    }
  }

  @Test
  void constructor_whenThresholdIsZero_thenError() {
    RequestException e = assertThrows(RequestException.class, () -> new TruncatedNormal(0, 1));
    assertEquals("threshold and scale are above 0, got 0.0 and 1.0.", e.getMessage());
  }

  @Test
  void normal_whenCdfAndQuantile_thenTheValuesOfScipy() {
    double[] xs = {-9, -3, -1.5, -0.5, 0, 1, 2.5};
    double[] cdf = {
      1.1285884059538324e-19,
      0.0013498980316300933,
      0.06680720126885807,
      0.3085375387259869,
      0.5,
      0.8413447460685429,
      0.9937903346742238
    };
    for (int i = 0; i < xs.length; i++) {
      assertEquals(cdf[i], Normal.cdf(xs[i]), 1e-13 * cdf[i]);
    }
    double[] ps = {1e-12, 1e-3, 0.02, 0.3, 0.5, 0.9, 0.999};
    double[] quantiles = {
      -7.034483825301131,
      -3.090232306167813,
      -2.053748910631823,
      -0.5244005127080409,
      0,
      1.2815515655446004,
      3.090232306167813
    };
    for (int i = 0; i < ps.length; i++) {
      assertEquals(quantiles[i], Normal.quantile(ps[i]), 1e-13 * 7);
    }
  }
}
