package dev.sampo.sound;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.LevelDraws;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One drawing of a batch of sounds: states fed back without a copy, or a window that grows to what the net sees. */
final class WaveNetRun implements AutoCloseable {
  private final NamedGraph graph;
  private final int levels;
  private final int count;
  private final boolean stateful;
  private final int receptive;
  private final LevelDraws draws;
  private final GraphRun run;
  private final List<Tensor> owned = new ArrayList<>();
  private @Nullable Tensor input;
  private @Nullable Tensor logits;
  private int time;

  WaveNetRun(
      NamedGraph graph,
      int levels,
      int receptive,
      long[] labels,
      WaveNetRequest request,
      long seed) {
    this.graph = graph;
    this.levels = levels;
    this.receptive = receptive;
    this.count = request.count();
    this.stateful = graph.takes("state_0");
    this.draws = new LevelDraws(request.temperature(), new TorchGenerator(seed));
    int fixed = graph.fixedBatch("input_ids");
    if (fixed > 0 && fixed != count) {
      throw new RequestException(
          "count",
          graph.graph().name() + " draws " + fixed + " sounds at a time, asked for " + count + ".");
    }
    this.run = graph.prepare();
    if (labels.length > 0) {
      Tensor tensor = Tensor.ofLongs(Shape.of(count), labels);
      owned.add(tensor);
      run.constant(graph.inputName("class_label"), tensor);
    }
    bindStates();
  }

  private void bindStates() {
    for (int n = 0; graph.takes("state_" + n); n++) {
      long[] shape = graph.input("state_" + n).shape().dims();
      shape[0] = count;
      for (long dim : shape) {
        if (dim < 0) {
          throw new ModelException(
              graph.graph().path(),
              "State " + n + " of " + graph.graph().name() + " has an open size: export it fixed.");
        }
      }
      Tensor zeros = Tensor.allocate(graph.input("state_" + n).type(), Shape.of(shape));
      owned.add(zeros);
      run.feedBack(graph.outputName("next_state_" + n), graph.inputName("state_" + n), zeros);
    }
  }

  int[][] draw(int first, int[] prompt, int wanted, Watch watch) {
    int[][] all = new int[count][1 + prompt.length + wanted];
    for (int[] sound : all) {
      sound[0] = first;
      System.arraycopy(prompt, 0, sound, 1, prompt.length);
    }
    int total = prompt.length + wanted;
    float[][] rows = new float[count][levels];
    for (int t = 0; t < total; t++) {
      boolean given = t < prompt.length;
      try {
        watch.token().throwIfCancelled();
        if (stateful || !given) {
          step(all, t, watch.token());
        }
      } catch (CancelledException e) {
        throw new CancelledException(
            "Cancelled after " + t + " of " + total + " samples.",
            e,
            given ? null : drawn(all, 1 + prompt.length, t + 1));
      }
      if (!given) {
        for (int i = 0; i < count; i++) {
          logits().copyTo((i * time + time - 1) * levels, rows[i], 0, levels);
        }
        int[] drawn = draws.draw(rows);
        for (int i = 0; i < count; i++) {
          all[i][t + 1] = drawn[i];
        }
      }
      watch.at(t + 1L, total);
    }
    return drawn(all, 1 + prompt.length, 1 + total);
  }

  private static int[][] drawn(int[][] all, int from, int to) {
    int[][] out = new int[all.length][];
    for (int i = 0; i < out.length; i++) {
      out[i] = Arrays.copyOfRange(all[i], from, to);
    }
    return out;
  }

  /** Feeds the sample at {@code t}, with those before it where the graph keeps no state. */
  private void step(int[][] all, int t, CancellationToken token) {
    int length = stateful ? 1 : Math.min(t + 1, receptive);
    if (input == null || length != time) {
      bind(length);
    }
    Tensor tensor = input;
    long[] ids = new long[length];
    for (int i = 0; i < count && tensor != null; i++) {
      for (int k = 0; k < length; k++) {
        ids[k] = all[i][t + 1 - length + k];
      }
      tensor.set(i * length, ids, 0, length);
    }
    run.run(token);
  }

  private void bind(int length) {
    Tensor oldInput = input;
    Tensor oldLogits = logits;
    time = length;
    Tensor ids = Tensor.allocate(ElementType.INT64, Shape.of(count, length));
    Tensor pinned = Tensor.allocate(ElementType.FLOAT32, Shape.of(count, length, levels));
    run.input(graph.inputName("input_ids"), ids);
    run.output(graph.outputName("logits"), pinned);
    input = ids;
    logits = pinned;
    close(oldInput);
    close(oldLogits);
  }

  private Tensor logits() {
    Tensor tensor = logits;
    if (tensor == null) {
      throw new IllegalStateException("Nothing has run.");
    }
    return tensor;
  }

  private static void close(@Nullable Tensor tensor) {
    if (tensor != null) {
      tensor.close();
    }
  }

  @Override
  public void close() {
    run.close();
    close(input);
    close(logits);
    owned.forEach(Tensor::close);
  }
}
