package dev.sampo.imaging;

import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;
import java.awt.Color;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Plots as pictures, drawn by XChart without a display: loss curves, latent scatter plots, attention maps. The machine
 * needs at least one font (on a bare container: {@code apt install fontconfig fonts-dejavu-core}).
 */
public final class Plots {
  private static final int WIDTH_PX = 900;
  private static final int HEIGHT_PX = 600;

  private Plots() {}

  /**
   * Lines over 0, 1, 2 ...: a loss a step.
   *
   * @param series values by name; each at least one value
   */
  public static Pixels lines(
      String title, String xTitle, String yTitle, Map<String, double[]> series) {
    int longest = series.values().stream().mapToInt(y -> y.length).max().orElse(0);
    double[] xs = new double[longest];
    for (int i = 0; i < longest; i++) {
      xs[i] = i;
    }
    return lines(title, xTitle, yTitle, xs, series);
  }

  /**
   * Lines over given positions; a series shorter than {@code xs} ends early.
   *
   * @throws RequestException when a series is empty or longer than {@code xs}
   */
  public static Pixels lines(
      String title, String xTitle, String yTitle, double[] xs, Map<String, double[]> series) {
    XYChart chart = xyChart(title, xTitle, yTitle);
    series.forEach(
        (name, ys) -> {
          if (ys.length == 0 || ys.length > xs.length) {
            throw new RequestException(
                null,
                "Series '"
                    + name
                    + "' has "
                    + ys.length
                    + " values, wanted 1 to "
                    + xs.length
                    + ".");
          }
          double[] x = positions(xs, ys.length);
          chart.addSeries(name, x, ys).setMarker(SeriesMarkers.NONE);
        });
    return draw(chart);
  }

  /**
   * A forecast: what was seen, then a median with a band around it. Positions count from the first step seen.
   *
   * @param low one value a step ahead, as {@code median} and {@code high}
   * @throws RequestException when nothing was seen or the three differ in length
   */
  public static Pixels forecast(
      String title,
      String xTitle,
      String yTitle,
      double[] seen,
      double[] low,
      double[] median,
      double[] high) {
    int n = median.length;
    if (seen.length == 0 || n == 0 || low.length != n || high.length != n) {
      throw new RequestException(
          null,
          "A forecast wants values seen and as many low, median and high ones; got "
              + seen.length
              + " and "
              + low.length
              + ", "
              + n
              + ", "
              + high.length
              + ".");
    }
    XYChart chart = xyChart(title, xTitle, yTitle);
    double[] past = new double[seen.length];
    for (int i = 0; i < past.length; i++) {
      past[i] = i;
    }
    double[] ahead = new double[n];
    double[] around = new double[2 * n];
    double[] edge = new double[2 * n];
    for (int i = 0; i < n; i++) {
      ahead[i] = seen.length + (double) i;
      around[i] = ahead[i];
      around[2 * n - 1 - i] = ahead[i];
      edge[i] = low[i];
      edge[2 * n - 1 - i] = high[i];
    }
    Color light = new Color(158, 202, 225);
    XYSeries band = chart.addSeries("band", around, edge);
    band.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
    band.setFillColor(light);
    band.setLineColor(light);
    line(chart.addSeries("seen", past, seen), Color.BLACK);
    line(chart.addSeries("median", ahead, median), new Color(8, 48, 107));
    for (XYSeries series : chart.getSeriesMap().values()) {
      series.setMarker(SeriesMarkers.NONE);
    }
    return draw(chart);
  }

  /**
   * Points in the plane: the first two latent dimensions, one series a class.
   *
   * @param series rows of {@code {x, y}} by name
   */
  public static Pixels scatter(
      String title, String xTitle, String yTitle, Map<String, double[][]> series) {
    XYChart chart = xyChart(title, xTitle, yTitle);
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    chart.getStyler().setMarkerSize(6);
    series.forEach(
        (name, points) -> {
          double[] xs = new double[points.length];
          double[] ys = new double[points.length];
          for (int i = 0; i < points.length; i++) {
            xs[i] = points[i][0];
            ys[i] = points[i][1];
          }
          chart.addSeries(name, xs, ys).setMarker(SeriesMarkers.CIRCLE);
        });
    return draw(chart);
  }

  /**
   * A map of weights, white (0) to dark blue (the largest): attention of target tokens (rows, the first on top) over
   * source tokens (columns).
   *
   * @param weights {@code [rowLabels][columnLabels]}
   * @throws RequestException when the sizes do not fit the labels
   */
  public static Pixels heatMap(
      String title, List<String> columnLabels, List<String> rowLabels, float[][] weights) {
    List<Number[]> cells = new ArrayList<>();
    int rows = rowLabels.size();
    int digits = digits(weights);
    for (int r = 0; r < rows; r++) {
      if (weights.length != rows || weights[r].length != columnLabels.size()) {
        throw new RequestException(
            null,
            "The map has labels for "
                + rows
                + "x"
                + columnLabels.size()
                + " weights, got "
                + weights.length
                + "x"
                + weights[r].length
                + ".");
      }
      for (int c = 0; c < columnLabels.size(); c++) {
        cells.add(new Number[] {c, rows - 1 - r, rounded(weights[r][c], digits)});
      }
    }
    List<String> upwards = new ArrayList<>(rowLabels);
    Collections.reverse(upwards);
    HeatMapChart chart =
        new HeatMapChartBuilder().width(WIDTH_PX).height(HEIGHT_PX).title(title).build();
    chart.getStyler().setRangeColors(new Color[] {Color.WHITE, new Color(8, 48, 107)});
    chart.getStyler().setXAxisLabelRotation(45);
    chart.addSeries("weight", distinct(columnLabels), distinct(upwards), cells);
    return draw(chart);
  }

  /** Decimals with which the largest weight has three figures: what the legend writes beside its colours can then be read. */
  private static int digits(float[][] weights) {
    double most = 0;
    for (float[] row : weights) {
      for (float weight : row) {
        most = Math.max(most, Math.abs(weight));
      }
    }
    boolean usual = most > 0 && most < Float.MAX_VALUE;
    return usual ? Math.max(0, 2 - (int) Math.floor(Math.log10(most))) : 0;
  }

  private static double rounded(float weight, int digits) {
    return Float.isNaN(weight) || Float.isInfinite(weight)
        ? weight
        : BigDecimal.valueOf(weight).setScale(digits, RoundingMode.HALF_EVEN).doubleValue();
  }

  /**
   * Positions of points. XChart puts ticks on the points themselves where these are evenly spaced (0, 9, 18, ...) and at round numbers
   * elsewhere, so the first is moved by what no eye sees.
   */
  private static double[] positions(double[] xs, int count) {
    double[] x = Arrays.copyOf(xs, count);
    if (count > 2) {
      x[0] -= 1e-6 * (x[count - 1] - x[0]);
    }
    return x;
  }

  private static void line(XYSeries series, Color colour) {
    series.setLineColor(colour);
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Line);
  }

  private static XYChart xyChart(String title, String xTitle, String yTitle) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH_PX)
            .height(HEIGHT_PX)
            .title(title)
            .xAxisTitle(xTitle)
            .yAxisTitle(yTitle)
            .build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    return chart;
  }

  /** XChart places a cell by its label, so equal tokens must differ: later ones get spaces behind, and an empty one, which it cannot draw, is one. */
  private static List<String> distinct(List<String> labels) {
    Set<String> seen = new HashSet<>();
    List<String> out = new ArrayList<>();
    for (String label : labels) {
      String unique = label.isEmpty() ? " " : label;
      while (!seen.add(unique)) {
        unique += " ";
      }
      out.add(unique);
    }
    return out;
  }

  private static Pixels draw(Chart<?, ?> chart) {
    return Pictures.fromBufferedImage(BitmapEncoder.getBufferedImage(chart), 3);
  }
}
