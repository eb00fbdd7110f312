package dev.sampo.stroke;

import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Sizes;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The net at work on some drawings side by side, its states fed back. One thread. */
final class PenRun implements AutoCloseable {
  /** State in, state out, and which axis of it is the batch. */
  private static final String[][] STATES = {
    {"h0", "hn", "1"}, {"c0", "cn", "1"}, {"kappa0", "kappan", "0"}, {"window0", "windown", "0"}
  };

  private static final String[] OUTPUTS = {"logits", "mean", "logstd", "correlation", "pen"};

  private final NamedGraph graph;
  private final int count;
  private final int textLength;
  private final int width;
  private final GraphRun run;
  private final Tensor points;
  private final List<Tensor> owned = new ArrayList<>();

  PenRun(NamedGraph graph, int count, long[] labels, long[] text) {
    this.graph = graph;
    this.count = count;
    this.textLength = text.length;
    this.width = (int) graph.input("points").shape().dim(2);
    this.run = graph.prepare();
    this.points = own(Tensor.allocate(graph.input("points").type(), Shape.of(count, 1, width)));
    try {
      bind(labels, text);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private Tensor own(Tensor tensor) {
    owned.add(tensor);
    return tensor;
  }

  private void bind(long[] labels, long[] text) {
    run.input(graph.inputName("points"), points);
    if (labels.length > 0) {
      constant("class_label", Shape.of(count), labels);
    }
    if (text.length > 0) {
      long[] all = new long[count * text.length];
      for (int i = 0; i < count; i++) {
        System.arraycopy(text, 0, all, i * text.length, text.length);
      }
      constant("text", Shape.of(count, text.length), all);
    }
    for (String[] state : STATES) {
      if (graph.takes(state[0])) {
        long[] shape = graph.input(state[0]).shape().dims();
        shape[Integer.parseInt(state[2])] = count;
        Tensor zeros = own(Tensor.allocate(graph.input(state[0]).type(), Shape.of(shape)));
        run.feedBack(graph.outputName(state[1]), graph.inputName(state[0]), zeros);
      }
    }
    for (String output : OUTPUTS) {
      run.output(graph.outputName(output));
    }
  }

  private void constant(String name, Shape shape, long[] values) {
    run.constant(
        graph.inputName(name), own(Tensor.longsAs(graph.input(name).type(), shape, values)));
  }

  /**
   * Writes until all have ended.
   *
   * @param into the points of each drawing, {@code {dx, dy, lifted}} in pixels
   * @return points of the longest
   */
  int write(PenMixture pen, int limit, List<List<float[]>> into, float unit, Watch watch) {
    boolean[] done = new boolean[count];
    float[] last = new float[Sizes.elements("count", "States", count, width)];
    for (int i = 0; i < count && width == 5; i++) {
      last[i * width + 2] = 1;
    }
    for (int t = 0; t < limit; t++) {
      points.set(0, last, 0, last.length);
      run.run(watch.token());
      pen.draw(
          values("logits"), values("mean"), values("logstd"), values("correlation"), values("pen"));
      boolean all = true;
      Arrays.fill(last, 0);
      boolean[] read = pastTheText();
      for (int i = 0; i < count; i++) {
        int state = pen.states[i];
        last[i * width] = (float) pen.offsets[i][0];
        last[i * width + 1] = (float) pen.offsets[i][1];
        if (width == 5) {
          last[i * width + 2 + state] = 1;
        } else {
          last[i * width + 2] = state == 1 ? 1 : 0;
        }
        done[i] |= state == 2;
        if (!done[i]) {
          float[] offset = {last[i * width] * unit, last[i * width + 1] * unit, state};
          into.get(i).add(offset);
          // A text ends where the pen is lifted after its last character.
          done[i] = read[i] && state == 1;
        }
        all &= done[i];
      }
      watch.at(t + 1L, limit);
      if (all) {
        return t + 1;
      }
    }
    return limit;
  }

  /** Which drawings' windows have all left the last character: places are counted in characters (Graves 2013, eq. 51). */
  private boolean[] pastTheText() {
    boolean[] out = new boolean[count];
    if (textLength > 0 && graph.takes("kappa0")) {
      float[] places = run.bound(graph.inputName("kappa0")).toFloats();
      int windows = places.length / count;
      for (int i = 0; i < count; i++) {
        out[i] = true;
        for (int k = 0; k < windows; k++) {
          out[i] &= places[i * windows + k] > textLength - 0.5;
        }
      }
    }
    return out;
  }

  private float[] values(String output) {
    return run.result(graph.outputName(output)).toFloats();
  }

  @Override
  public void close() {
    run.close();
    owned.forEach(Tensor::close);
  }
}
