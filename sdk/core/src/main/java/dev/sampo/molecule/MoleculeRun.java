package dev.sampo.molecule;

import dev.sampo.error.ModelException;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The decoder at work on some molecules side by side, its states fed back. One thread. */
final class MoleculeRun implements AutoCloseable {
  private static final String[][] STATES = {{"h0", "hn"}, {"c0", "cn"}};

  private final NamedGraph graph;
  private final List<String> vocabulary;
  private final int end;
  private final int count;
  private final GraphRun run;
  private final Tensor ids;
  private final List<Tensor> owned = new ArrayList<>();

  MoleculeRun(NamedGraph graph, List<String> vocabulary, int end, float[][] z) {
    this.graph = graph;
    this.vocabulary = vocabulary;
    this.end = end;
    this.count = z.length;
    this.run = graph.prepare();
    this.ids = own(Tensor.allocate(graph.input("input_ids").type(), Shape.of(count, 1)));
    try {
      bind(z);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private Tensor own(Tensor tensor) {
    owned.add(tensor);
    return tensor;
  }

  private void bind(float[][] z) {
    run.input(graph.inputName("input_ids"), ids);
    float[] flat = new float[count * z[0].length];
    for (int i = 0; i < count; i++) {
      System.arraycopy(z[i], 0, flat, i * z[0].length, z[0].length);
    }
    Tensor latents =
        own(Tensor.floatsAs(graph.input("z").type(), Shape.of(count, z[0].length), flat));
    run.constant(graph.inputName("z"), latents);
    for (String[] state : STATES) {
      if (graph.takes(state[0])) {
        long[] shape = graph.input(state[0]).shape().dims();
        shape[1] = count;
        Tensor zeros = own(Tensor.allocate(graph.input(state[0]).type(), Shape.of(shape)));
        run.feedBack(graph.outputName(state[1]), graph.inputName(state[0]), zeros);
      }
    }
    run.output(graph.outputName("logits"));
  }

  /**
   * Writes until all have ended.
   *
   * @param rules what each may go on with; empty for anything
   * @param into the SMILES of each
   * @return tokens of the longest
   */
  int write(
      List<SmilesRules> rules,
      int limit,
      double temperature,
      TorchGenerator generator,
      List<StringBuilder> into,
      Watch watch) {
    boolean[] done = new boolean[count];
    long[] last = new long[count];
    Arrays.fill(last, end);
    double[] draws = new double[count];
    for (int t = 0; t <= limit; t++) {
      ids.set(0, last, 0, count);
      run.run(watch.token());
      float[] logits = logits();
      generator.rand(draws);
      boolean all = true;
      for (int i = 0; i < count; i++) {
        if (!done[i]) {
          @Nullable SmilesRules own = rules.isEmpty() ? null : rules.get(i);
          double[] scores = scores(logits, i, own, t == limit);
          int id = temperature == 0 ? likeliest(scores) : drawn(scores, temperature, draws[i]);
          last[i] = id;
          done[i] = id == end;
          if (!done[i]) {
            into.get(i).append(vocabulary.get(id));
            if (own != null) {
              own.take(vocabulary.get(id));
            }
          }
        }
        all &= done[i];
      }
      watch.at(t + 1L, limit + 1L);
      if (all) {
        return t + 1;
      }
    }
    return limit + 1;
  }

  private float[] logits() {
    float[] logits = run.result(graph.outputName("logits")).toFloats();
    if (logits.length != (long) count * vocabulary.size()) {
      throw new ModelException(
          graph.graph().path(),
          graph.graph().path()
              + " gives "
              + logits.length
              + " scores for "
              + count
              + " molecules, and vocab of sampo.json has "
              + vocabulary.size()
              + " tokens. They are of two models.");
    }
    return logits;
  }

  /** The scores of a molecule, -infinity where the rules forbid; at the limit only the end is left. */
  private double[] scores(float[] logits, int row, @Nullable SmilesRules rules, boolean ends) {
    int size = vocabulary.size();
    double[] out = new double[size];
    for (int id = 0; id < size; id++) {
      boolean allowed =
          ends
              ? id == end
              : rules == null || (id == end ? rules.mayEnd() : rules.mayTake(vocabulary.get(id)));
      out[id] = allowed ? logits[row * size + id] : Double.NEGATIVE_INFINITY;
    }
    return out;
  }

  private static int likeliest(double[] scores) {
    int best = 0;
    for (int id = 1; id < scores.length; id++) {
      best = scores[id] > scores[best] ? id : best;
    }
    return best;
  }

  /** The first id at which the sum of the softmax exceeds {@code u}. */
  private static int drawn(double[] scores, double temperature, double u) {
    int best = likeliest(scores);
    double top = scores[best];
    double total = 0;
    for (double score : scores) {
      total += Math.exp((score - top) / temperature);
    }
    double sum = 0;
    for (int id = 0; id < scores.length; id++) {
      sum += Math.exp((scores[id] - top) / temperature);
      if (sum > u * total) {
        return id;
      }
    }
    return best;
  }

  @Override
  public void close() {
    run.close();
    owned.forEach(Tensor::close);
  }
}
