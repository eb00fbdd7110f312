package dev.sampo.series;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.picture.Tiny;
import dev.sampo.samplers.latent.Quantiles;
import org.junit.jupiter.api.Test;

class ForecastPipelineTest {
  private static final float[] HISTORY = {9, 11, 10, 12};

  @Test
  void forecast_whenHistory_thenNextMeanAndDeviationOfPyTorch() {
    try (ForecastPipeline net = ForecastPipeline.open(Tiny.folder("forecast"))) {
      Forecast forecast = net.forecast(ForecastRequest.of(HISTORY, 5, 1));
      float[] wanted = Tiny.floats("forecast", "expected");
      assertEquals(wanted[0], forecast.nextMean()[0], 1e-4);
      assertEquals(wanted[1], forecast.nextDeviation()[0], 1e-4);
    }
  }

  @Test
  void forecast_whenManyPaths_thenFirstStepHasThatMeanAndDeviation() {
    try (ForecastPipeline net = ForecastPipeline.open(Tiny.folder("forecast"))) {
      ForecastRequest request =
          ForecastRequest.builder(new float[][] {{9}, {11}, {10}, {12}})
              .horizon(3)
              .paths(4000)
              .seed(2)
              .build();
      Forecast forecast = net.forecast(request);
      double[] first = new double[4000];
      double sum = 0;
      for (int i = 0; i < 4000; i++) {
        first[i] = forecast.paths()[i][0][0];
        sum += first[i];
      }
      double deviation = forecast.nextDeviation()[0];
      double mean = forecast.nextMean()[0];
      assertEquals(mean, sum / 4000, 4 * deviation / Math.sqrt(4000));
      assertEquals(mean - 1.2816 * deviation, Quantiles.of(first, 0.1), 0.1 * deviation);
      for (int t = 0; t < 3; t++) {
        double[][][] q = forecast.quantiles();
        assertTrue(q[0][t][0] < q[1][t][0] && q[1][t][0] < q[2][t][0]);
      }
    }
  }

  @Test
  void forecast_whenSameSeed_thenSamePaths() {
    try (ForecastPipeline net = ForecastPipeline.open(Tiny.folder("forecast"))) {
      ForecastRequest request = ForecastRequest.of(HISTORY, 4, 3);
      assertArrayEquals(net.forecast(request).paths(), net.forecast(request).paths());
    }
  }

  @Test
  void forecast_whenChannelsDoNotFit_thenError() {
    try (ForecastPipeline net = ForecastPipeline.open(Tiny.folder("forecast"))) {
      ForecastRequest request = ForecastRequest.builder(new float[][] {{1, 2}}).build();
      assertEquals(
          "forecast wants 1 values a step, step 0 of the history has 2.",
          assertThrows(RequestException.class, () -> net.forecast(request)).getMessage());
    }
  }
}
