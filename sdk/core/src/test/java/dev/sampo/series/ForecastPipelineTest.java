package dev.sampo.series;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.picture.Tiny;
import dev.sampo.samplers.latent.Quantiles;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.LocalDate;
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

  private static final Path WEATHER =
      Paths.get(System.getProperty("sampo.home"), "exporter-specs", "models", "weather-lstm");

  private static final float[][] DAYS = {{15, 8, 0}, {14, 9, 3.5f}, {16, 7, 0}};

  @Test
  void forecast_whenNetFollowsTheCalendar_thenDayAndItsKnownValuesGiveTheSame() {
    try (ForecastPipeline net = ForecastPipeline.open(WEATHER)) {
      ForecastRequest summer =
          ForecastRequest.builder(DAYS)
              .firstDay(LocalDate.of(2015, 7, 1))
              .horizon(10)
              .seed(3)
              .build();
      float[][] known = new float[13][2];
      for (int t = 0; t < 13; t++) {
        double angle = 2 * Math.PI * (181 + t) / 365.25;
        known[t] = new float[] {(float) Math.cos(angle), (float) Math.sin(angle)};
      }
      Forecast forecast = net.forecast(summer);
      Forecast same = net.forecast(summer.toBuilder().firstDay(null).known(known).build());
      assertArrayEquals(forecast.paths(), same.paths());
      ForecastRequest winter = summer.toBuilder().firstDay(LocalDate.of(2015, 12, 20)).build();
      double cold = net.forecast(winter).quantiles()[1][9][0];
      assertTrue(cold < forecast.quantiles()[1][9][0] - 8, cold + " in winter");
      for (float[][] path : forecast.paths()) {
        for (float[] day : path) {
          assertTrue(day[2] >= 0, day[2] + " mm of rain");
        }
      }
    }
  }

  @Test
  void forecast_whenNoDayOrNegativeRain_thenRequestAtFault() {
    try (ForecastPipeline net = ForecastPipeline.open(WEATHER)) {
      ForecastRequest request = ForecastRequest.builder(DAYS).build();
      assertEquals(
          "firstDay", assertThrows(RequestException.class, () -> net.forecast(request)).option());
      ForecastRequest negative =
          ForecastRequest.builder(new float[][] {{1, 2, -3}})
              .firstDay(LocalDate.of(2015, 1, 1))
              .build();
      assertEquals(
          "history", assertThrows(RequestException.class, () -> net.forecast(negative)).option());
    }
  }
}
