package dev.sampo.internal;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A denoising graph of any shape with its tensors bound for a whole run: sample and time in, one output, in the element types that the
 * graph declares. One thread; nothing is allocated between calls.
 */
public final class DenoiserCall implements AutoCloseable {
  private final Graph graph;
  private final GraphRun run;
  private final Tensor sample;
  private final Tensor time;
  private final Tensor output;
  private final float[] times;
  private final List<Tensor> owned = new ArrayList<>();
  private long nanos;

  /**
   * Binds the tensors that change from call to call.
   *
   * @param sampleName the graph's input for the noisy sample
   * @param in its shape, the batch first
   * @param outputName the graph's output
   * @param out its shape
   */
  public DenoiserCall(Graph graph, String sampleName, Shape in, String outputName, Shape out) {
    this.graph = graph;
    this.run = graph.prepare();
    this.sample = own(Tensor.allocate(graph.inputs().get(sampleName).type(), in));
    TensorInfo t = graph.inputs().get("timestep");
    Shape declared = t.shape();
    long rows = declared.rank() > 0 && declared.dim(0) == 1 ? 1 : in.dim(0);
    this.time =
        own(Tensor.allocate(t.type(), declared.rank() == 0 ? Shape.scalar() : Shape.of(rows)));
    this.times = new float[time.elementCount()];
    this.output = own(Tensor.allocate(graph.outputs().get(outputName).type(), out));
    run.input(sampleName, sample).input("timestep", time).output(outputName, output);
  }

  private Tensor own(Tensor tensor) {
    owned.add(tensor);
    return tensor;
  }

  /** Binds numbers for the whole run, if the graph has that input; a graph's booleans are what is not 0. */
  public void bind(String name, Shape shape, float[] values) {
    TensorInfo info = graph.inputs().get(name);
    if (info != null) {
      run.constant(name, own(Tensor.floatsAs(info.type(), shape, values)));
    }
  }

  /** Binds whole numbers for the whole run, if the graph has that input. */
  public void bind(String name, Shape shape, long[] values) {
    TensorInfo info = graph.inputs().get(name);
    if (info == null) {
      return;
    }
    if (info.type() == ElementType.BOOL) {
      boolean[] flags = new boolean[values.length];
      for (int i = 0; i < flags.length; i++) {
        flags[i] = values[i] != 0;
      }
      run.constant(name, own(Tensor.ofBools(shape, flags)));
    } else if (info.type() == ElementType.INT64 || info.type() == ElementType.INT32) {
      run.constant(name, own(Tensor.longsAs(info.type(), shape, values)));
    } else {
      float[] floats = new float[values.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = values[i];
      }
      bind(name, shape, floats);
    }
  }

  /** The shape that the graph declares for an input: a scalar for what has none or is not there. */
  public Shape declared(String name) {
    TensorInfo info = graph.inputs().get(name);
    return info == null ? Shape.scalar() : info.shape();
  }

  /** Writes {@code count} values of the sample from value {@code at} on. */
  public void set(int at, float[] values, int from, int count) {
    sample.set(at, values, from, count);
  }

  /** One call; a graph that takes whole times gets the fraction cut off. */
  public void run(double timestep, float[] out, CancellationToken token) {
    Arrays.fill(times, (float) timestep);
    time.set(0, times, 0, times.length);
    long begin = System.nanoTime();
    run.run(token);
    nanos += System.nanoTime() - begin;
    output.copyTo(0, out, 0, output.elementCount());
  }

  /** Number of values of the output. */
  public int outLength() {
    return output.elementCount();
  }

  /** Time inside ONNX Runtime so far. */
  public long nanos() {
    return nanos;
  }

  @Override
  public void close() {
    run.close();
    for (Tensor tensor : owned) {
      tensor.close();
    }
  }
}
