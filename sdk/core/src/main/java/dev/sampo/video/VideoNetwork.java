package dev.sampo.video;

import dev.sampo.internal.DenoiserCall;
import dev.sampo.internal.Denoising;
import dev.sampo.internal.PromptReader.Reading;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The Transformers of one run, with text and conditions bound, and guidance made of their answers. */
final class VideoNetwork implements AutoCloseable {
  private static final String IN = "hidden_states";
  private static final String OUT = "out_hidden_states";

  /** Calls of one Transformer: with the prompt, and with the negative prompt where they are apart; or one of both. */
  private record Calls(DenoiserCall prompt, @Nullable DenoiserCall negative) {}

  private final GraphVideoPipeline model;
  private final VideoRequest request;
  private final VideoShape shape;
  private final Reading text;
  private final @Nullable Reading negative;
  private final double scale;
  private final List<DenoiserCall> opened = new ArrayList<>();
  private final Calls first;
  private final @Nullable Calls second;
  private final float[] both;
  private final float[] out;

  VideoNetwork(
      GraphVideoPipeline model,
      VideoRequest request,
      VideoShape shape,
      Reading text,
      @Nullable Reading negative,
      double scale) {
    this.model = model;
    this.request = request;
    this.shape = shape;
    this.text = text;
    this.negative = negative;
    this.scale = scale;
    this.out = new float[shape.length()];
    this.both = new float[negative == null ? 0 : 2 * out.length];
    try {
      this.first = calls(model.transformer);
      this.second = model.transformer2 == null ? null : calls(model.transformer2);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private Calls calls(Graph graph) {
    if (negative == null) {
      return new Calls(call(graph, text), null);
    }
    return model.architecture.guidesInOneCall()
        ? new Calls(call(graph, negative.then(text)), null)
        : new Calls(call(graph, text), call(graph, negative));
  }

  private DenoiserCall call(Graph graph, Reading reading) {
    Shape in = model.architecture.inputShape(reading.batch(), shape);
    DenoiserCall call = new DenoiserCall(graph, IN, in, OUT, in);
    opened.add(call);
    call.bind(
        "encoder_hidden_states",
        Shape.of(reading.batch(), reading.length(), reading.width()),
        reading.states());
    model.architecture.bind(call, reading, shape, request.frameRate());
    return call;
  }

  float[] predict(float[] input, double t, CancellationToken token) {
    boolean late = second != null && t < model.boundary;
    Calls calls = late ? second : first;
    Double other = request.guidanceScale2();
    double s = late && other != null ? other : scale;
    int n = input.length;
    if (negative == null) {
      calls.prompt.set(0, input, 0, n);
      calls.prompt.run(t, out, token);
      return out;
    }
    if (calls.negative == null) {
      calls.prompt.set(0, input, 0, n);
      calls.prompt.set(n, input, 0, n);
      calls.prompt.run(t, both, token);
    } else {
      calls.prompt.set(0, input, 0, n);
      calls.prompt.run(t, out, token);
      System.arraycopy(out, 0, both, n, n);
      calls.negative.set(0, input, 0, n);
      calls.negative.run(t, out, token);
      System.arraycopy(out, 0, both, 0, n);
    }
    int width = shape.sampleLength();
    Denoising.guide(both, 0, both, n, out, shape.batch(), width, width, s);
    if (request.guidanceRescale() > 0) {
      rescale(width);
    }
    return out;
  }

  /** Lin et al. 2023, arXiv:2305.08891, eq. 15 and 16, each sample by its own deviations. */
  private void rescale(int width) {
    double r = request.guidanceRescale();
    for (int b = 0; b < shape.batch(); b++) {
      double wanted = deviation(both, out.length + b * width, width);
      double got = deviation(out, b * width, width);
      float factor = (float) (r * wanted / got + (1 - r));
      for (int j = b * width; j < (b + 1) * width; j++) {
        out[j] *= factor;
      }
    }
  }

  /** With n - 1 below, as PyTorch's std. */
  private static double deviation(float[] a, int from, int n) {
    double mean = 0;
    for (float value : Arrays.copyOfRange(a, from, from + n)) {
      mean += value / (double) n;
    }
    double square = 0;
    for (int j = from; j < from + n; j++) {
      square += (a[j] - mean) * (a[j] - mean);
    }
    return Math.sqrt(square / (n - 1));
  }

  long nanos() {
    long sum = 0;
    for (DenoiserCall call : opened) {
      sum += call.nanos();
    }
    return sum;
  }

  @Override
  public void close() {
    for (DenoiserCall call : opened) {
      call.close();
    }
  }
}
