package dev.sampo.text.decoding;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * A cache whose blocks never leave ONNX Runtime: what a step gives is what the next one gets. Rows and positions are picked by small graphs of
 * Gather nodes.
 */
final class FedBackCache extends KeyValueCache {
  private final GraphRun run;
  private final Names names;
  private final Gather gather;
  private final List<Caches.Pair> pairs = new ArrayList<>();

  /** Inputs of the next run that are not the run's own: outputs take their place in it. */
  private final List<Tensor> untilNextRun = new ArrayList<>();

  FedBackCache(GraphRun run, Names names, Gather gather) {
    this.run = run;
    this.names = names;
    this.gather = gather;
  }

  /** Adds a block, which is this cache's from now on. */
  void add(Caches.Pair pair, Tensor first) {
    untilNextRun.add(first);
    run.feedBack(names.output(pair.output()), names.input(pair.input()), first);
    pairs.add(pair);
  }

  @Override
  void begin(int rows, int from, int total) {
    // ONNX Runtime makes room itself.
  }

  @Override
  void end() {
    untilNextRun.forEach(Tensor::close);
    untilNextRun.clear();
  }

  @Override
  void pickRows(int[] parents, int length, CancellationToken token) {
    pick(pair -> 0, parents, token);
  }

  /** Rows stand on the right: before a shorter one goes what is masked, positions of its own again. */
  @Override
  void join(Row added, int copies, int rows, int columns, CancellationToken token) {
    FedBackCache source = (FedBackCache) added.cache();
    int[] wanted = new int[copies];
    Arrays.fill(wanted, added.index());
    int padding = added.columns() - added.length();
    if (rows == 0) {
      each(pair -> 0, (some, old) -> gather.pick(source.blocks(some), 0, wanted, token));
      if (padding > 0) {
        cut(padding, added.columns(), token);
      }
      return;
    }
    int width = Math.max(columns, added.length());
    int[] ofData = onTheRight(0, columns, width);
    int[] ofAdded = onTheRight(padding, added.length(), width);
    each(
        Caches.Pair::lengthAxis,
        (some, old) -> {
          int axis = some.get(0).lengthAxis();
          return gather.join(old, source.blocks(some), axis, ofData, ofAdded, wanted, token);
        });
  }

  private static int[] onTheRight(int from, int length, int width) {
    int[] entries = new int[width];
    for (int i = 0; i < length; i++) {
      entries[width - length + i] = from + i;
    }
    return entries;
  }

  private List<Tensor> blocks(List<Caches.Pair> some) {
    List<Tensor> blocks = new ArrayList<>();
    for (Caches.Pair pair : some) {
      blocks.add(run.bound(names.input(pair.input())));
    }
    return blocks;
  }

  @Override
  void cut(int positions, int columns, CancellationToken token) {
    int[] kept = new int[columns - positions];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = positions + i;
    }
    pick(Caches.Pair::lengthAxis, kept, token);
  }

  @Override
  boolean canTruncate() {
    return pairs.stream().allMatch(Caches.Pair::grows);
  }

  @Override
  void truncate(int length, CancellationToken token) {
    pick(Caches.Pair::lengthAxis, Gather.first(length), token);
  }

  /** Picks entries along an axis of the blocks that have it. */
  private void pick(ToIntFunction<Caches.Pair> axis, int[] entries, CancellationToken token) {
    each(
        axis,
        (some, old) -> {
          int along = axis.applyAsInt(some.get(0));
          return along < 0 ? old : gather.pick(old, along, entries, token);
        });
  }

  /** Makes new tensors for blocks. */
  private interface Change {
    /** @return the new ones, or {@code old} */
    List<Tensor> apply(List<Caches.Pair> some, List<Tensor> old);
  }

  /** Changes the blocks, those with the same axis, type and rank together. */
  private void each(ToIntFunction<Caches.Pair> axis, Change change) {
    Map<String, List<Caches.Pair>> alike = new LinkedHashMap<>();
    for (Caches.Pair pair : pairs) {
      String kind =
          axis.applyAsInt(pair) + " " + pair.info().type() + " " + pair.info().shape().rank();
      alike.computeIfAbsent(kind, k -> new ArrayList<>()).add(pair);
    }
    for (List<Caches.Pair> some : alike.values()) {
      List<Tensor> old = blocks(some);
      List<Tensor> fresh = change.apply(some, old);
      for (int i = 0; fresh != old && i < fresh.size(); i++) {
        replace(some.get(i), old.get(i), fresh.get(i));
      }
    }
  }

  private void replace(Caches.Pair pair, Tensor old, Tensor fresh) {
    untilNextRun.add(fresh);
    run.input(names.input(pair.input()), fresh);
    if (untilNextRun.remove(old)) {
      old.close();
    }
  }

  @Override
  void read(int length, BlockReader reader) throws IOException {
    for (Caches.Pair pair : pairs) {
      Tensor block = run.bound(names.input(pair.input()));
      if (!block.isResident()) {
        reader.read(block);
        continue;
      }
      int[] all = Gather.first((int) block.shape().dim(0));
      try (Tensor copy = gather.read(block, 0, all, CancellationToken.none())) {
        reader.read(copy);
      }
    }
  }

  @Override
  void restore(List<Tensor> blocks) {
    for (int i = 0; i < blocks.size(); i++) {
      Caches.Pair pair = pairs.get(i);
      replace(pair, run.bound(names.input(pair.input())), blocks.get(i));
    }
  }

  @Override
  public void close() {
    end();
  }
}
