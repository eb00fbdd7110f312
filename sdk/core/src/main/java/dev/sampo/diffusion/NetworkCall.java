package dev.sampo.diffusion;

import dev.sampo.diffusion.architecture.NetworkInputs;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The denoising network with its tensors bound for a whole run: direct buffers of the element types that the graph declares, the output
 * pinned. One thread; nothing is allocated between calls.
 */
final class NetworkCall implements NetworkInputs, AutoCloseable {
  private static final String DOWN = "down_block_additional_residual.";
  private static final String MID = "mid_block_additional_residual";

  private final Network network;
  private final Graph graph;
  private final GraphRun run;
  private final int batch;
  private final int channels;
  private final int height;
  private final int width;
  private final int outLength;
  private final Tensor sample;
  private final Tensor time;
  private final Tensor output;
  private final float[] packed;
  private final float[] times;
  private final List<Tensor> owned = new ArrayList<>();
  private final List<String> residualInputs;
  private @Nullable Tensor features;
  private @Nullable ControlNet controlNet;
  private long nanos;
  private int calls;

  /**
   * @param channels of the network's sample input, the mask of a 9-channel one included
   */
  NetworkCall(Network network, int batch, int channels, int height, int width) {
    this.network = network;
    this.graph = network.graph();
    this.run = graph.prepare();
    this.batch = batch;
    this.channels = channels;
    this.height = height;
    this.width = width;
    TensorInfo in = graph.inputs().get(network.sampleName());
    Shape shape = network.sampleShape(batch, channels, height, width);
    this.sample = own(Tensor.allocate(in.type(), shape));
    TensorInfo t = graph.inputs().get("timestep");
    this.time = own(Tensor.allocate(t.type(), Shapes.timestep(t.shape(), batch)));
    this.times = new float[time.elementCount()];
    int outChannels = network.outChannels();
    this.outLength = batch * outChannels * height * width;
    TensorInfo out = graph.outputs().get(network.outputName());
    this.output =
        own(Tensor.allocate(out.type(), network.sampleShape(batch, outChannels, height, width)));
    this.packed = new float[network.isPacked() ? batch * channels * height * width : 0];
    run.input(network.sampleName(), sample);
    run.input("timestep", time);
    run.output(network.outputName(), output);
    this.residualInputs = residualInputs(graph);
  }

  private Tensor own(Tensor tensor) {
    owned.add(tensor);
    return tensor;
  }

  private static List<String> residualInputs(Graph graph) {
    TreeMap<Integer, String> down = new TreeMap<>();
    for (String name : graph.inputs().keySet()) {
      if (name.startsWith(DOWN)) {
        down.put(Integer.parseInt(name.substring(DOWN.length())), name);
      }
    }
    List<String> names = new ArrayList<>(down.values());
    if (graph.inputs().containsKey(MID)) {
      names.add(MID);
    }
    return names;
  }

  /** Number of values that {@link #run} writes. */
  int outLength() {
    return outLength;
  }

  @Override
  public void bind(String name, Shape shape, float[] values) {
    TensorInfo info = graph.inputs().get(name);
    if (info != null) {
      Tensor tensor = own(Tensor.floatsAs(info.type(), shape, values));
      run.constant(name, tensor);
      if (name.equals("encoder_hidden_states")) {
        features = tensor;
      }
    }
  }

  @Override
  public void bind(String name, Shape shape, long[] values) {
    TensorInfo info = graph.inputs().get(name);
    if (info == null) {
      return;
    }
    if (info.type() == ElementType.INT64 || info.type() == ElementType.INT32) {
      run.constant(name, own(Tensor.longsAs(info.type(), shape, values)));
    } else {
      float[] floats = new float[values.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = values[i];
      }
      bind(name, shape, floats);
    }
  }

  /**
   * Sets what guides inside the UNet.
   *
   * @throws RequestException if the graph takes no residuals
   */
  void control(@Nullable ControlNet value) {
    if (value == null) {
      if (!residualInputs.isEmpty()) {
        throw new RequestException(
            "controlNet",
            graph.name()
                + " wants the residuals of a ControlNet "
                + residualInputs
                + "; give one.");
      }
      return;
    }
    if (residualInputs.isEmpty()) {
      throw new RequestException(
          "controlNet",
          graph.name()
              + " has no inputs "
              + DOWN
              + "N for a ControlNet. Export the UNet with them.");
    }
    controlNet = value;
  }

  /** Writes {@code count} values of the sample input from value {@code at} on; not for packed networks. */
  void set(int at, float[] values, int from, int count) {
    sample.set(at, values, from, count);
  }

  /** One call: {@code x} goes to the first channels of every sample, {@code copies} times over. */
  void run(float[] x, int copies, double timestep, float[] out, CancellationToken token) {
    int ownChannels = x.length * copies / batch / (height * width);
    int n = ownChannels * height * width;
    int stride = channels * height * width;
    if (network.isPacked()) {
      network.pack(x, packed, batch / copies, channels, height, width);
      for (int k = 0; k < copies; k++) {
        sample.set(k * x.length, packed, 0, x.length);
      }
    } else if (ownChannels == channels) {
      for (int k = 0; k < copies; k++) {
        sample.set(k * x.length, x, 0, x.length);
      }
    } else {
      int rows = batch / copies;
      for (int b = 0; b < batch; b++) {
        sample.set(b * stride, x, (b % rows) * n, n);
      }
    }
    // A graph that takes whole numbers gets the fraction cut off; the scheduler keeps it.
    java.util.Arrays.fill(times, (float) (timestep * network.timeScale()));
    time.set(0, times, 0, times.length);
    residuals(token);
    long begin = System.nanoTime();
    run.run(token);
    nanos += System.nanoTime() - begin;
    calls++;
    if (network.isPacked()) {
      output.copyTo(0, packed, 0, outLength);
      network.unpack(packed, out, batch, channels, height, width);
    } else {
      output.copyTo(0, out, 0, outLength);
    }
  }

  private void residuals(CancellationToken token) {
    ControlNet guide = controlNet;
    if (guide == null) {
      return;
    }
    List<Tensor> given =
        guide.residuals(
            sample,
            time,
            java.util.Objects.requireNonNull(features, "encoder_hidden_states"),
            token);
    if (given.size() != residualInputs.size()) {
      throw new RequestException(
          "controlNet",
          "The ControlNet gave "
              + given.size()
              + " residuals, "
              + graph.name()
              + " wants "
              + residualInputs.size()
              + ".");
    }
    for (int k = 0; k < given.size(); k++) {
      run.input(residualInputs.get(k), given.get(k));
    }
  }

  /** Time inside ONNX Runtime so far. */
  long nanos() {
    return nanos;
  }

  /** Calls so far. */
  int calls() {
    return calls;
  }

  @Override
  public void close() {
    run.close();
    for (Tensor tensor : owned) {
      tensor.close();
    }
  }
}
