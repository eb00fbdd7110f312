package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.imaging.Pictures;
import dev.sampo.io.NpyArray;
import dev.sampo.series.Forecast;
import dev.sampo.series.ForecastPipeline;
import dev.sampo.series.ForecastRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo forecast}. */
@Command(
    name = "forecast",
    mixinStandardHelpOptions = true,
    description = "Draws futures of a series and prints quantiles over them, a line a step ahead.")
final class ForecastCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(index = "0", paramLabel = "MODEL", description = "A folder with a forecaster.")
  private String model = "";

  @Option(
      names = "--input",
      paramLabel = "FILE",
      required = true,
      description =
          "What was seen, oldest first: .csv (a step a line, a column a channel, after a date where"
              + " the model follows the calendar; a line that begins with no number is a header)"
              + " or .npy [time] or [time, channels].")
  private Path input = Path.of("");

  @Option(
      names = "--horizon",
      paramLabel = "N",
      defaultValue = "12",
      description = "Steps ahead. Default: ${DEFAULT-VALUE}.")
  private int horizon = 12;

  @Option(
      names = "--paths",
      paramLabel = "N",
      defaultValue = "100",
      description = "Futures that are drawn. Default: ${DEFAULT-VALUE}.")
  private int paths = 100;

  @Option(
      names = "--quantile",
      paramLabel = "X",
      split = ",",
      description = "Quantiles, each 0 to 1; repeatable. Default: 0.1,0.5,0.9.")
  private List<Double> quantiles = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FILE.npy",
      description = "Where to write the futures, float32 [paths, horizon, channels].")
  private @Nullable Path out;

  @Option(
      names = "--date",
      paramLabel = "YYYY-MM-DD",
      description = "The day of the first step seen, where --input holds no dates.")
  private @Nullable LocalDate date;

  @Option(
      names = "--plot",
      paramLabel = "FILE.png",
      description =
          "Draws what was seen, the median, and the band between the outermost quantiles.")
  private @Nullable Path plot;

  ForecastCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    List<Double> wanted = quantiles.isEmpty() ? List.of(0.1, 0.5, 0.9) : quantiles;
    try (ForecastPipeline net =
            Commands.open(
                common.open(ShippedModels.ofHome().resolve(model)),
                common.sessionConfig(),
                ForecastPipeline.class,
                "forecast");
        Console.Progress bar = console.progress("forecast", horizon)) {
      SeriesFile series = SeriesFile.read(input, net.channels(), net.takesDays());
      float[][] seen = series.rows();
      Forecast forecast =
          net.forecast(
              ForecastRequest.builder(seen)
                  .firstDay(date != null ? date : series.firstDay())
                  .horizon(horizon)
                  .paths(paths)
                  .quantiles(wanted.stream().mapToDouble(q -> q).toArray())
                  .seed(common.seed())
                  .progress(step -> bar.stepTo(step.done()))
                  .cancellation(console.cancellation())
                  .build());
      Path file = out;
      if (file != null) {
        write(file, forecast, net.channels());
      }
      Path picture = plot;
      if (picture != null) {
        Outputs.makeFolder(picture);
        Pictures.writePng(picture, ForecastPlot.of(net, seen, forecast), Map.of("model", model));
      }
      print(forecast, wanted);
    }
    return ExitCode.OK;
  }

  private static void write(Path file, Forecast forecast, int channels) throws IOException {
    int horizon = forecast.paths()[0].length;
    float[] flat = new float[forecast.paths().length * horizon * channels];
    int at = 0;
    for (float[][] path : forecast.paths()) {
      for (float[] step : path) {
        System.arraycopy(step, 0, flat, at, channels);
        at += channels;
      }
    }
    Outputs.makeFolder(file);
    NpyArray.ofFloats(flat, forecast.paths().length, horizon, channels).write(file);
  }

  private void print(Forecast forecast, List<Double> wanted) {
    double[][][] values = forecast.quantiles();
    if (common.json()) {
      ObjectNode document = JsonNodeFactory.instance.objectNode();
      document.put("model", model).put("seed", forecast.seed());
      ObjectNode all = document.putObject("quantiles");
      for (int q = 0; q < values.length; q++) {
        ArrayNode steps = all.putArray(String.valueOf(wanted.get(q)));
        for (double[] step : values[q]) {
          ArrayNode row = steps.addArray();
          for (double value : step) {
            row.add(value);
          }
        }
      }
      document
          .putObject("timing")
          .put("load_ms", forecast.timings().loadMillis())
          .put("run_ms", forecast.timings().totalMillis());
      console.json(document);
      return;
    }
    StringBuilder head = new StringBuilder("step");
    wanted.forEach(q -> head.append(String.format(Locale.ROOT, "%14s", q)));
    console.out().println(head);
    for (int t = 0; t < values[0].length; t++) {
      for (int c = 0; c < values[0][t].length; c++) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%4d", t + 1));
        for (double[][] quantile : values) {
          line.append(String.format(Locale.ROOT, "%14.5g", quantile[t][c]));
        }
        console.out().println(line);
      }
    }
    console.note("seed " + forecast.seed());
  }
}
