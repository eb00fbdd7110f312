package dev.sampo.cli;

import dev.sampo.imaging.ContactSheet;
import dev.sampo.imaging.Plots;
import dev.sampo.picture.Pixels;
import dev.sampo.series.Forecast;
import dev.sampo.series.ForecastPipeline;
import java.util.ArrayList;
import java.util.List;

/** A forecast as a picture: a plot a channel, below each other. */
final class ForecastPlot {
  /** Steps of the past that are drawn for each step ahead. */
  private static final int PAST = 3;

  private ForecastPlot() {}

  /** The band lies between the first and the last quantile, the line is the one in the middle. */
  static Pixels of(ForecastPipeline net, float[][] seen, Forecast forecast) {
    double[][][] q = forecast.quantiles();
    if (q.length == 0) {
      throw new UsageException("--plot wants at least one --quantile");
    }
    int horizon = q[0].length;
    int from = Math.max(0, seen.length - PAST * horizon);
    List<Pixels> plots = new ArrayList<>();
    for (int c = 0; c < net.channels(); c++) {
      double[] past = new double[seen.length - from];
      for (int t = 0; t < past.length; t++) {
        past[t] = seen[from + t][c];
      }
      String name = net.channelNames().isEmpty() ? "channel " + c : net.channelNames().get(c);
      plots.add(
          Plots.forecast(
              net.name() + ": " + name,
              net.takesDays() ? "day" : "step",
              name.replaceAll(".* in ", ""),
              past,
              channel(q[0], c),
              channel(q[q.length / 2], c),
              channel(q[q.length - 1], c)));
    }
    return plots.size() == 1
        ? plots.get(0)
        : ContactSheet.builder(plots).columns(1).build().render();
  }

  private static double[] channel(double[][] steps, int c) {
    double[] out = new double[steps.length];
    for (int t = 0; t < out.length; t++) {
      out[t] = steps[t][c];
    }
    return out;
  }
}
