package dev.sampo.samplers.latent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.samplers.random.TorchGenerator;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

class CmaEsTest {
  @Test
  void search_whenSphere_thenTheMinimumIsFound() {
    CmaEs search = run(10, 3000, x -> sum(x, i -> (x[i] - 3) * (x[i] - 3)));
    assertTrue(search.bestValue() < 1e-9, "value " + search.bestValue());
    float[] wanted = new float[10];
    Arrays.fill(wanted, 3);
    assertArrayEquals(wanted, search.best(), 1e-4f);
  }

  @Test
  void search_whenEllipsoidWithConditionAMillion_thenTheCovarianceIsLearnt() {
    CmaEs search = run(8, 6000, x -> sum(x, i -> Math.pow(1e6, i / 7.0) * (x[i] - 1) * (x[i] - 1)));
    assertTrue(search.bestValue() < 1e-6, "value " + search.bestValue());
  }

  @Test
  void search_whenRosenbrock_thenTheValleyIsFollowed() {
    CmaEs search =
        run(
            6,
            12_000,
            x -> {
              double f = 0;
              for (int i = 0; i < 5; i++) {
                double a = x[i + 1] - (double) x[i] * x[i];
                f += 100 * a * a + (1 - x[i]) * (1 - x[i]);
              }
              return f;
            });
    assertTrue(search.bestValue() < 1e-6, "value " + search.bestValue());
  }

  @Test
  void search_whenManyDimensions_thenDiagonalCovarianceWorks() {
    CmaEs search = run(200, 40_000, x -> sum(x, i -> (1 + i % 7) * (x[i] - 1) * (x[i] - 1)));
    assertTrue(search.bestValue() < 1e-3, "value " + search.bestValue());
  }

  @Test
  void search_whenSameSeed_thenSameResult() {
    ToDoubleFunction<float[]> f = x -> sum(x, i -> x[i] * x[i] + Math.sin(9 * x[i]));
    assertArrayEquals(run(5, 500, f).best(), run(5, 500, f).best());
  }

  @Test
  void tell_whenNotAsked_thenError() {
    CmaEs search = CmaEs.start(new double[3], 1, new TorchGenerator(0));
    assertEquals(
        "Asked for 0 candidates, told 7 values.",
        assertThrows(IllegalStateException.class, () -> search.tell(new double[7])).getMessage());
  }

  @Test
  void eigen_whenSymmetric_thenVectorsRebuildTheMatrix() {
    double[] a = {4, 1, -2, 1, 3, 0.5, -2, 0.5, 5};
    Eigen eigen = Eigen.of(a, 3);
    double[] back = new double[9];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        for (int k = 0; k < 3; k++) {
          back[i * 3 + j] +=
              eigen.vectors()[i * 3 + k] * eigen.values()[k] * eigen.vectors()[j * 3 + k];
        }
      }
    }
    assertArrayEquals(a, back, 1e-12);
  }

  private static CmaEs run(int n, int budget, ToDoubleFunction<float[]> f) {
    CmaEs search = CmaEs.start(new double[n], 0.5, new TorchGenerator(5));
    while (search.evaluations() < budget) {
      search.tell(Arrays.stream(search.ask()).mapToDouble(f).toArray());
    }
    return search;
  }

  private interface Term {
    double at(int i);
  }

  private static double sum(float[] x, Term term) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += term.at(i);
    }
    return sum;
  }
}
