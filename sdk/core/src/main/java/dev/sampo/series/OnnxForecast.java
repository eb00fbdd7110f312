package dev.sampo.series;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Seeds;
import dev.sampo.internal.Sizes;
import dev.sampo.internal.Stopwatch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.latent.Quantiles;
import dev.sampo.samplers.random.TorchGenerator;
import dev.sampo.specs.Properties;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A recurrent forecaster on ONNX Runtime. */
final class OnnxForecast implements ForecastPipeline {
  private final LatentModel model;
  private final NamedGraph graph;
  private final int channels;
  private final float[] mean;
  private final float[] deviation;
  private final float[] power;
  private final String calendar;
  private final List<String> names;

  private OnnxForecast(LatentModel model) {
    this.model = model;
    this.graph = model.graph("model");
    Properties properties = model.json().properties();
    this.channels = properties.integer("channels");
    this.mean = perChannel(properties.numbers("value_mean"), 0);
    this.deviation = perChannel(properties.numbers("value_std"), 1);
    this.power = perChannel(properties.numbers("value_power"), 1);
    this.calendar = properties.string("calendar", "");
    this.names = properties.strings("channel_names");
    if (!calendar.isEmpty() && !calendar.equals(KnownValues.DAY_OF_YEAR)) {
      throw model.fault(
          "The calendar of " + name() + " is '" + calendar + "'; known: day-of-year.");
    }
    if (!names.isEmpty() && names.size() != channels) {
      throw model.fault(
          name() + " has " + channels + " channels and " + names.size() + " channel_names.");
    }
  }

  static OnnxForecast open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.FORECAST, config);
    try {
      return new OnnxForecast(model);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return model.json().name();
  }

  @Override
  public Family family() {
    return Family.FORECAST;
  }

  @Override
  public int channels() {
    return channels;
  }

  @Override
  public List<String> channelNames() {
    return names;
  }

  @Override
  public boolean takesDays() {
    return !calendar.isEmpty();
  }

  @Override
  public Forecast forecast(ForecastRequest request) {
    Stopwatch clock = new Stopwatch(model.loadMillis());
    long seed = Seeds.orDrawn(request.seed());
    int n = request.paths();
    KnownValues known =
        graph.takes("known")
            ? KnownValues.of(name(), (int) graph.input("known").shape().dim(2), calendar, request)
            : null;
    int seen = 0;
    TorchGenerator generator = new TorchGenerator(seed);
    float[][][] paths = new float[n][request.horizon()][channels];
    float[] nextMean = new float[channels];
    float[] nextDeviation = new float[channels];
    List<Tensor> owned = new ArrayList<>();
    GraphRun run = graph.prepare();
    int t = 0;
    try {
      bindStates(run, n, owned);
      run.output(graph.outputName("mean")).output(graph.outputName("logvar"));
      float[] input = history(request.history(), n);
      clock.loopBegins();
      for (; t < request.horizon(); t++) {
        int time = input.length / (n * channels);
        feed(run, input, n, time, owned);
        if (known != null) {
          feedKnown(run, known, seen, n, time, owned);
        }
        seen += hasState() ? time : 0;
        run.run(request.cancellation());
        float[] means = last(run.result(graph.outputName("mean")), n, time);
        float[] logvars = last(run.result(graph.outputName("logvar")), n, time);
        if (t == 0) {
          describe(means, logvars, nextMean, nextDeviation);
        }
        float[] drawn = draw(means, logvars, generator);
        for (int i = 0; i < n; i++) {
          for (int c = 0; c < channels; c++) {
            paths[i][t][c] = value(drawn[i * channels + c], c);
          }
        }
        input = hasState() ? drawn : appended(input, drawn, n);
        request.watch().at(t + 1L, request.horizon());
      }
    } catch (CancelledException e) {
      for (int i = 0; i < n; i++) {
        paths[i] = Arrays.copyOf(paths[i], t);
      }
      clock.loopEnds(t);
      throw new CancelledException(
          "Cancelled after " + t + " of " + request.horizon() + " steps.",
          e,
          t == 0 ? null : result(paths, request, nextMean, nextDeviation, seed, clock));
    } finally {
      run.close();
      owned.forEach(Tensor::close);
    }
    clock.loopEnds(t);
    return result(paths, request, nextMean, nextDeviation, seed, clock);
  }

  private Forecast result(
      float[][][] paths,
      ForecastRequest request,
      float[] nextMean,
      float[] nextDeviation,
      long seed,
      Stopwatch clock) {
    double[][][] quantiles = quantiles(paths, request.quantiles());
    return new Forecast(paths, quantiles, nextMean, nextDeviation, seed, clock.timings());
  }

  private boolean hasState() {
    return graph.takes("h0");
  }

  private void bindStates(GraphRun run, int n, List<Tensor> owned) {
    String[][] pairs = {{"h0", "hn"}, {"c0", "cn"}};
    for (String[] pair : pairs) {
      if (graph.takes(pair[0])) {
        long[] shape = graph.input(pair[0]).shape().dims();
        shape[1] = n;
        Tensor zeros = Tensor.allocate(graph.input(pair[0]).type(), Shape.of(shape));
        owned.add(zeros);
        run.feedBack(graph.outputName(pair[1]), graph.inputName(pair[0]), zeros);
      }
    }
  }

  /** The normalised history once for each path, {@code [n][time][channels]}. */
  private float[] history(float[][] history, int n) {
    int size = history.length * channels;
    float[] out = new float[Sizes.elements("paths", "Histories", n, history.length, channels)];
    for (int t = 0; t < history.length; t++) {
      if (history[t].length != channels) {
        throw new RequestException(
            "history",
            name()
                + " wants "
                + channels
                + " values a step, step "
                + t
                + " of the history has "
                + history[t].length
                + ".");
      }
      for (int c = 0; c < channels; c++) {
        out[t * channels + c] = (float) ((root(history[t][c], c) - mean[c]) / deviation[c]);
      }
    }
    for (int i = 1; i < n; i++) {
      System.arraycopy(out, 0, out, i * size, size);
    }
    return out;
  }

  private void feed(GraphRun run, float[] input, int n, int time, List<Tensor> owned) {
    Tensor values = Tensor.ofFloats(Shape.of(n, time, channels), input);
    owned.add(values);
    run.input(graph.inputName("values"), values);
  }

  private void feedKnown(
      GraphRun run, KnownValues known, int seen, int n, int time, List<Tensor> owned) {
    Tensor values = Tensor.ofFloats(Shape.of(n, time, known.width()), known.after(seen, time, n));
    owned.add(values);
    run.input(graph.inputName("known"), values);
  }

  /** From the net's scale to that of the series. */
  private float value(float drawn, int c) {
    float x = drawn * deviation[c] + mean[c];
    return power[c] == 1 ? x : (float) Math.pow(Math.max(0, x), power[c]);
  }

  private double root(float value, int c) {
    if (power[c] != 1 && value < 0) {
      throw new RequestException(
          "history",
          "Channel "
              + c
              + " of "
              + name()
              + " is never negative, the history holds "
              + value
              + ".");
    }
    return power[c] == 1 ? value : Math.pow(value, 1 / power[c]);
  }

  private float[] last(Tensor tensor, int n, int time) {
    float[] all = tensor.toFloats();
    float[] out = new float[n * channels];
    for (int i = 0; i < n; i++) {
      System.arraycopy(all, (i * time + time - 1) * channels, out, i * channels, channels);
    }
    return out;
  }

  private void describe(float[] means, float[] logvars, float[] nextMean, float[] nextDeviation) {
    for (int c = 0; c < channels; c++) {
      nextMean[c] = means[c] * deviation[c] + mean[c];
      nextDeviation[c] = (float) (Math.exp(0.5 * logvars[c]) * deviation[c]);
    }
  }

  private float[] draw(float[] means, float[] logvars, TorchGenerator generator) {
    float[] noise = new float[means.length];
    generator.randn(noise);
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (float) (means[i] + Math.exp(0.5 * logvars[i]) * noise[i]);
      int c = i % channels;
      if (power[c] != 1) {
        noise[i] = Math.max(noise[i], -mean[c] / deviation[c]);
      }
    }
    return noise;
  }

  private float[] appended(float[] input, float[] drawn, int n) {
    int before = input.length / n;
    int after = before + channels;
    float[] out = new float[n * after];
    for (int i = 0; i < n; i++) {
      System.arraycopy(input, i * before, out, i * after, before);
      System.arraycopy(drawn, i * channels, out, i * after + before, channels);
    }
    return out;
  }

  private double[][][] quantiles(float[][][] paths, double[] wanted) {
    int horizon = paths[0].length;
    double[][][] out = new double[wanted.length][horizon][channels];
    double[] values = new double[paths.length];
    for (int t = 0; t < horizon; t++) {
      for (int c = 0; c < channels; c++) {
        for (int i = 0; i < values.length; i++) {
          values[i] = paths[i][t][c];
        }
        double[] q = Quantiles.of(values, wanted);
        for (int k = 0; k < q.length; k++) {
          out[k][t][c] = q[k];
        }
      }
    }
    return out;
  }

  private float[] perChannel(float[] stated, float otherwise) {
    float[] out = new float[channels];
    Arrays.fill(out, otherwise);
    if (stated.length == 0) {
      return out;
    }
    if (stated.length != channels) {
      throw model.fault(
          "The sampo.json of "
              + model.json().name()
              + " states "
              + stated.length
              + " means or deviations for "
              + channels
              + " channels.");
    }
    return stated;
  }

  @Override
  public void close() {
    model.close();
  }
}
