package dev.sampo.diffusion;

import dev.sampo.runtime.CancellationToken;
import java.util.List;

/**
 * Classifier-free guidance. Ho and Salimans 2022, arXiv:2207.12598, eq. 6: m = m0 + s (m1 - m0), m0 without and m1 with the condition;
 * in one call with both halves in the batch, or in two. Its rescaling is Lin et al. 2023, arXiv:2305.08891, eq. 15 and 16.
 */
final class Guidance implements AutoCloseable {
  /** The plain half and the guided half; one entry where both are in one call or there is no guidance. */
  private final List<NetworkCall> calls;

  private final int batch;
  private final boolean guided;
  private final double scale;
  private final double rescale;
  private final float[] both;
  private final int half;

  /**
   * @param calls one call of {@code batch} (no guidance), one of twice as much, or two
   */
  Guidance(List<NetworkCall> calls, int batch, boolean guided, double scale, double rescale) {
    this.calls = calls;
    this.batch = batch;
    this.guided = guided;
    this.scale = scale;
    this.rescale = rescale;
    boolean together = guided && calls.size() == 1;
    this.half = together ? calls.get(0).outLength() / 2 : calls.get(0).outLength();
    this.both = new float[guided ? 2 * half : 0];
  }

  /** Number of values that {@link #predict} writes. */
  int outLength() {
    return half;
  }

  void predict(float[] x, double timestep, float[] out, CancellationToken token) {
    if (!guided) {
      calls.get(0).run(x, 1, timestep, out, token);
      return;
    }
    if (calls.size() == 1) {
      calls.get(0).run(x, 2, timestep, both, token);
    } else {
      calls.get(0).run(x, 1, timestep, out, token);
      System.arraycopy(out, 0, both, 0, half);
      calls.get(1).run(x, 1, timestep, out, token);
      System.arraycopy(out, 0, both, half, half);
    }
    float s = (float) scale;
    for (int j = 0; j < half; j++) {
      out[j] = both[j] + s * (both[half + j] - both[j]);
    }
    if (rescale > 0) {
      rescale(out);
    }
  }

  /** eq. 15: to the guided half's own standard deviation; eq. 16: a mixture of both. */
  private void rescale(float[] out) {
    int n = half / batch;
    for (int b = 0; b < batch; b++) {
      double wanted = deviation(both, half + b * n, n);
      double got = deviation(out, b * n, n);
      float factor = (float) (rescale * wanted / got + (1 - rescale));
      for (int j = b * n; j < (b + 1) * n; j++) {
        out[j] *= factor;
      }
    }
  }

  /** With n - 1 below, as PyTorch's std. */
  private static double deviation(float[] a, int from, int n) {
    double sum = 0;
    for (int j = from; j < from + n; j++) {
      sum += a[j];
    }
    double mean = sum / n;
    double square = 0;
    for (int j = from; j < from + n; j++) {
      square += (a[j] - mean) * (a[j] - mean);
    }
    return Math.sqrt(square / (n - 1));
  }

  /** What each call is and how often a sample of the batch is in it. */
  void forEach(CallVisitor visitor) {
    for (NetworkCall call : calls) {
      visitor.visit(call, guided && calls.size() == 1 ? 2 : 1);
    }
  }

  /** See {@link #forEach}. */
  interface CallVisitor {
    void visit(NetworkCall call, int copies);
  }

  long nanos() {
    long sum = 0;
    for (NetworkCall call : calls) {
      sum += call.nanos();
    }
    return sum;
  }

  int modelCalls() {
    int sum = 0;
    for (NetworkCall call : calls) {
      sum += call.calls();
    }
    return sum;
  }

  @Override
  public void close() {
    for (NetworkCall call : calls) {
      call.close();
    }
  }
}
