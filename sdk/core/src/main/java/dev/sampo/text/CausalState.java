package dev.sampo.text;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.io.IOException;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of a decoder-only Transformer. They never leave ONNX Runtime: what a step gives is what the next one gets. The scores of
 * a step go to one direct buffer, of which the last position is read; ids, positions and mask are rewritten in place or cut from a longer buffer.
 */
final class CausalState extends DecodingState {
  private static final long MAX_LOGITS_BYTES = 256L << 20;

  private final CausalModel model;
  private final GraphRun run;

  /** Closed with this state. */
  private final List<Tensor> own = new ArrayList<>();

  private final List<Tensor> untilNextRun = new ArrayList<>();
  private int rows;
  private int length;
  private int[][] promptMask;
  private @Nullable Tensor stepIds;
  private @Nullable Tensor stepPositions;
  private @Nullable Tensor stepLogits;
  private @Nullable Tensor stepTypes;
  private @Nullable Tensor ones;
  private final @Nullable Tensor keepCount;
  private final @Nullable Tensor branch;
  private boolean stepBound;
  private boolean padded;
  private boolean keepsHidden;
  private float[] hidden = new float[0];
  private int hiddenSize;

  CausalState(CausalModel model, int[][] promptMask) {
    super(model.vocabularySize());
    this.model = model;
    this.rows = promptMask.length;
    this.promptMask = promptMask;
    this.padded = isPadded(promptMask);
    this.run = model.graph().prepare();
    this.keepCount = model.keepCount();
    this.branch = model.branch();
    for (Caches.Pair pair : model.caches()) {
      Tensor empty = keep(Caches.block(pair, rows, branch != null ? 1 : 0, model.config()));
      run.feedBack(pair.output(), pair.input(), empty);
    }
  }

  private static boolean isPadded(int[][] mask) {
    for (int[] row : mask) {
      for (int value : row) {
        if (value == 0) {
          return true;
        }
      }
    }
    return false;
  }

  private Tensor keep(Tensor tensor) {
    own.add(tensor);
    return tensor;
  }

  @Override
  int rows() {
    return rows;
  }

  @Override
  int length() {
    return length;
  }

  // ---- feeding

  /** Reads the prompt, in pieces if its scores would take too much memory or {@code chunk} is set. */
  void prefill(int[][] ids, int chunk, CancellationToken token) {
    int count = ids[0].length;
    long bytes = 4L * rows * vocabularySize();
    int piece = (int) Math.max(1, Math.min(count, MAX_LOGITS_BYTES / bytes));
    if (keepCount != null) {
      piece = count;
    }
    if (chunk > 0) {
      piece = Math.min(piece, chunk);
    }
    for (int start = 0; start < count; start += piece) {
      int n = Math.min(piece, count - start);
      int[] flat = new int[rows * n];
      for (int r = 0; r < rows; r++) {
        System.arraycopy(ids[r], start, flat, r * n, n);
      }
      feedSeveral(flat, n, false, token);
    }
  }

  @Override
  void feed(int[] ids, CancellationToken token) {
    Tensor idsTensor = bindStep();
    LongBuffer buffer = idsTensor.longBuffer();
    for (int r = 0; r < rows; r++) {
      buffer.put(r, ids[r]);
    }
    bindPositions(stepPositions, 1);
    Tensor mask = bindMask(1);
    try {
      runStep(token);
    } finally {
      close(mask);
    }
    length++;
    Tensor logits = java.util.Objects.requireNonNull(stepLogits);
    logits.copyTo(0, logits(), 0, rows * vocabularySize());
  }

  @Override
  float[] feedAll(int[] ids, int count, CancellationToken token) {
    return model.givesLastOnly() && count > 1
        ? feedOneByOne(ids, count, token)
        : feedSeveral(ids, count, true, token);
  }

  private Tensor bindStep() {
    Tensor ids = stepIds;
    if (ids == null) {
      ids = keep(Tensor.allocate(ElementType.INT64, Shape.of(rows, 1)));
      stepIds = ids;
      stepLogits = keep(Tensor.allocate(ElementType.FLOAT32, model.stepLogits(rows)));
      stepPositions = model.wantsPositions() ? keep(positions(1)) : null;
      stepTypes =
          model.wantsTypes() ? keep(Tensor.allocate(ElementType.INT64, Shape.of(rows, 1))) : null;
    }
    if (!stepBound) {
      run.input(CausalModel.IDS, ids);
      if (stepPositions != null) {
        run.input(CausalModel.POSITIONS, stepPositions);
      }
      if (stepTypes != null) {
        run.input(CausalModel.TYPES, stepTypes);
      }
      bindKeepCount(1);
      run.output(CausalModel.LOGITS, java.util.Objects.requireNonNull(stepLogits));
      stepBound = true;
    }
    return ids;
  }

  /** Feeds {@code count} ids a row; returns all scores, or leaves those of the last position. */
  private float[] feedSeveral(int[] ids, int count, boolean all, CancellationToken token) {
    stepBound = false;
    Tensor idsTensor = Tensor.allocate(ElementType.INT64, Shape.of(rows, count));
    LongBuffer buffer = idsTensor.longBuffer();
    for (int i = 0; i < ids.length; i++) {
      buffer.put(i, ids[i]);
    }
    run.input(CausalModel.IDS, idsTensor);
    Tensor positions = null;
    if (model.wantsPositions()) {
      positions = positions(count);
      bindPositions(positions, count);
      run.input(CausalModel.POSITIONS, positions);
    }
    Tensor types = null;
    if (model.wantsTypes()) {
      types = Tensor.allocate(ElementType.INT64, Shape.of(rows, count));
      run.input(CausalModel.TYPES, types);
    }
    Tensor mask = bindMask(count);
    int kept = keepCount != null && !all ? 1 : count;
    bindKeepCount(kept);
    Tensor pinned = null;
    if (!all && kept > 1 && model.graph().hasDeviceTensors()) {
      // Only the last position's scores leave the device.
      run.resident(CausalModel.LOGITS);
    } else if (model.logitsFollowInput()) {
      pinned = Tensor.allocate(ElementType.FLOAT32, Shape.of(rows, kept, vocabularySize()));
      run.output(CausalModel.LOGITS, pinned);
    } else {
      run.output(CausalModel.LOGITS);
    }
    try {
      runStep(token);
      length += count;
      Tensor result = run.result(CausalModel.LOGITS);
      if (result.isResident()) {
        int axis = result.shape().rank() - 2;
        int[] last = {(int) result.shape().dim(axis) - 1};
        int[] picked = axis == 0 ? Gather.first(rows) : last;
        try (Tensor scores = model.gather().read(result, axis, picked, token)) {
          return read(scores, false, count);
        }
      }
      return read(result, all, count);
    } finally {
      close(idsTensor);
      close(positions);
      close(types);
      close(mask);
      close(pinned);
    }
  }

  private float[] read(Tensor result, boolean all, int count) {
    Shape shape = result.shape();
    int v = vocabularySize();
    int given = shape.rank() == 2 ? 1 : (int) shape.dim(1);
    if (all) {
      if (given != count) {
        throw new IllegalArgumentException(
            model.graph().name()
                + " gives the scores of "
                + given
                + " of "
                + count
                + " positions. Text cannot be scored with it, and no draft checked; export it without cutting the scores.");
      }
      return result.toFloats();
    }
    float[] target = logits();
    if (result.hasBuffer()) {
      for (int r = 0; r < rows; r++) {
        result.copyTo((r * given + given - 1) * v, target, r * v, v);
      }
    } else {
      float[] values = result.toFloats();
      for (int r = 0; r < rows; r++) {
        System.arraycopy(values, (r * given + given - 1) * v, target, r * v, v);
      }
    }
    return target;
  }

  private void runStep(CancellationToken token) {
    if (branch != null) {
      branch.byteBuffer().put(0, (byte) (length > 0 ? 1 : 0));
      run.input(CausalModel.BRANCH, branch);
    }
    run.run(token);
    if (keepsHidden) {
      hidden = run.result(CausalModel.HIDDEN).toFloats();
      hiddenSize = (int) run.result(CausalModel.HIDDEN).shape().dim(-1);
    }
    // What only served as an input of this run is no longer bound: outputs took its place.
    untilNextRun.forEach(Tensor::close);
    untilNextRun.clear();
  }

  /** Reads the last hidden states of each run from now on. */
  void keepHidden() {
    keepsHidden = true;
    run.output(CausalModel.HIDDEN);
  }

  /** The last hidden state of a row at a position of the last run. */
  float[] hidden(int row, int position) {
    int positions = hidden.length / hiddenSize / rows;
    int start = (row * positions + position) * hiddenSize;
    return java.util.Arrays.copyOfRange(hidden, start, start + hiddenSize);
  }

  private void bindKeepCount(int count) {
    if (keepCount != null) {
      keepCount.set((long) count);
      run.input(model.keepName(), keepCount);
    }
  }

  // ---- mask and positions

  private void bindPositions(@Nullable Tensor positions, int count) {
    if (positions == null) {
      return;
    }
    LongBuffer buffer = positions.longBuffer();
    int sets = model.positionSets();
    for (int r = 0; r < rows; r++) {
      int[] mask = promptMask[r];
      int before = Math.max(0, length - mask.length); // ids so far that are no padding
      for (int i = 0; i < Math.min(length, mask.length); i++) {
        before += mask[i];
      }
      for (int i = 0; i < count; i++) {
        before += length + i < mask.length ? mask[length + i] : 1;
        for (int set = 0; set < sets; set++) {
          buffer.put((set * rows + r) * count + i, Math.max(0, before - 1));
        }
      }
    }
  }

  private Tensor positions(int count) {
    Shape shape =
        model.positionSets() == 1
            ? Shape.of(rows, count)
            : Shape.of(model.positionSets(), rows, count);
    return Tensor.allocate(ElementType.INT64, shape);
  }

  private @Nullable Tensor bindMask(int count) {
    if (!model.wantsMask()) {
      return null;
    }
    int total = length + count;
    Tensor buffer = ones;
    if (buffer == null || buffer.elementCount() < rows * total) {
      if (buffer != null) {
        buffer.close();
        own.remove(buffer);
      }
      buffer =
          keep(Tensor.allocate(ElementType.INT64, Shape.of((long) rows * Math.max(64, 2 * total))));
      LongBuffer fresh = buffer.longBuffer();
      for (int i = 0; i < fresh.capacity(); i++) {
        fresh.put(i, 1);
      }
      ones = buffer;
    }
    if (padded) {
      LongBuffer values = buffer.longBuffer();
      for (int r = 0; r < rows; r++) {
        for (int i = 0; i < total; i++) {
          values.put(r * total + i, i < promptMask[r].length ? promptMask[r][i] : 1);
        }
      }
    }
    Tensor view = buffer.view(Shape.of(rows, total));
    run.input(CausalModel.MASK, view);
    return view;
  }

  private static void close(@Nullable Tensor tensor) {
    if (tensor != null) {
      tensor.close();
    }
  }

  // ---- reordering

  @Override
  void reorder(int[] parents, CancellationToken token) {
    if (isIdentity(parents, rows)) {
      return;
    }
    pickBlocks(pair -> 0, parents, token);
    int[][] masks = new int[parents.length][];
    for (int i = 0; i < masks.length; i++) {
      masks[i] = promptMask[parents[i]];
    }
    promptMask = masks;
    if (parents.length != rows) {
      rows = parents.length;
      stepIds = null;
      stepBound = false;
      if (ones != null) {
        ones.close();
        own.remove(ones);
        ones = null;
      }
    }
  }

  @Override
  boolean canTruncate() {
    return true;
  }

  @Override
  void truncate(int newLength, CancellationToken token) {
    if (newLength == length) {
      return;
    }
    int[] kept = Gather.first(newLength);
    pickBlocks(Caches.Pair::lengthAxis, kept, token);
    length = newLength;
  }

  /** Picks entries along an axis of the blocks, those with the same axis in one run. */
  private void pickBlocks(ToIntFunction<Caches.Pair> axis, int[] entries, CancellationToken token) {
    Map<Integer, List<Caches.Pair>> byAxis = new LinkedHashMap<>();
    for (Caches.Pair pair : model.caches()) {
      byAxis.computeIfAbsent(axis.applyAsInt(pair), a -> new ArrayList<>()).add(pair);
    }
    for (Map.Entry<Integer, List<Caches.Pair>> e : byAxis.entrySet()) {
      List<Tensor> old = new ArrayList<>();
      for (Caches.Pair pair : e.getValue()) {
        old.add(run.bound(pair.input()));
      }
      List<Tensor> fresh = model.gather().pick(old, e.getKey(), entries, token);
      for (int i = 0; i < fresh.size(); i++) {
        replace(e.getValue().get(i), fresh.get(i));
      }
    }
  }

  private void replace(Caches.Pair pair, Tensor fresh) {
    Tensor old = run.bound(pair.input());
    run.input(pair.input(), fresh);
    if (untilNextRun.remove(old)) {
      old.close();
    }
    untilNextRun.add(fresh);
  }

  // ---- saving

  /** What is done with a block. */
  interface BlockReader {
    void read(Tensor block) throws IOException;
  }

  /** Hands out the blocks in host memory, one after the other, in the order of the graph. */
  void readBlocks(BlockReader reader) throws IOException {
    for (Tensor block : blocks()) {
      if (!block.isResident()) {
        reader.read(block);
        continue;
      }
      int[] all = Gather.first((int) block.shape().dim(0));
      try (Tensor copy = model.gather().read(block, 0, all, CancellationToken.none())) {
        reader.read(copy);
      }
    }
  }

  /** The blocks, in the order of the graph. */
  private List<Tensor> blocks() {
    List<Tensor> blocks = new ArrayList<>();
    for (Caches.Pair pair : model.caches()) {
      blocks.add(run.bound(pair.input()));
    }
    return blocks;
  }

  /** Takes over blocks that were saved. */
  void restore(List<Tensor> blocks, int savedLength) {
    for (int i = 0; i < blocks.size(); i++) {
      replace(model.caches().get(i), blocks.get(i));
    }
    length = savedLength;
  }

  @Override
  public void close() {
    run.close();
    close(keepCount);
    close(branch);
    untilNextRun.forEach(Tensor::close);
    own.forEach(Tensor::close);
  }
}
