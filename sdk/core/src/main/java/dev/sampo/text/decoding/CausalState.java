package dev.sampo.text.decoding;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorException;
import java.io.IOException;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One generation of a decoder-only Transformer: its {@link KeyValueCache}, and the tensors of its steps. The scores of a step go to one direct
 * buffer, of which the last position is read; ids, positions and mask are rewritten in place or cut from a longer buffer.
 */
public final class CausalState extends DecodingState {
  private static final long MAX_LOGITS_BYTES = 256L << 20;

  /** Scores of attention grow with the ids of a run times all before them: 12 heads of 2,048 by 2,048 are 200 MB. */
  private static final int PIECE = 512;

  private final CausalModel model;
  private final GraphRun run;
  private final KeyValueCache cache;
  private final @Nullable Tensor keepCount;
  private final @Nullable Tensor branch;
  private Padding padding;
  private @Nullable StepBuffers step;
  private @Nullable Tensor stepPositions;
  private @Nullable Tensor stepLogits;
  private @Nullable Tensor stepTypes;
  private int rows;
  private int length;
  private boolean stepBound;
  private boolean keepsHidden;
  private float[] hidden = new float[0];
  private int hiddenSize;

  CausalState(CausalModel model, int[][] promptMask) {
    super(model.vocabularySize());
    this.model = model;
    this.rows = promptMask.length;
    this.padding = new Padding(promptMask, model.padsRight());
    this.run = model.graph().prepare();
    Tensor count = null;
    Tensor half = null;
    KeyValueCache blocks = null;
    try {
      count = model.keepCount();
      half = model.branch();
      blocks = model.newCache(run, rows);
    } finally {
      if (blocks == null) {
        run.close();
        close(count);
        close(half);
      }
    }
    this.keepCount = count;
    this.branch = half;
    this.cache = Objects.requireNonNull(blocks);
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int length() {
    return length;
  }

  // ---- feeding

  /** Reads the prompt, in pieces if its scores would take too much memory or {@code chunk} is set. */
  public void prefill(int[][] prompts, int chunk, CancellationToken token) {
    int[][] ids = length == 0 ? padding.place(prompts) : prompts;
    int count = ids[0].length;
    int piece = piece(count, chunk);
    for (int start = 0; start < count; start += piece) {
      int n = Math.min(piece, count - start);
      int[] flat = new int[rows * n];
      for (int r = 0; r < rows; r++) {
        System.arraycopy(ids[r], start, flat, r * n, n);
      }
      feedSeveral(flat, n, false, token);
    }
  }

  private int piece(int count, int chunk) {
    if (model.padsRight() && rows > 1) {
      return count; // such graphs read several ids a row of several rows only at the beginning
    }
    long bytes = 4L * rows * vocabularySize();
    long fits = keepCount != null ? count : Math.max(1, MAX_LOGITS_BYTES / bytes);
    long most = chunk > 0 ? Math.min(fits, chunk) : fits;
    if (chunk == 0 && !keepsHidden && model.readsInPieces()) {
      most = Math.min(most, PIECE);
    }
    return (int) Math.min(count, most);
  }

  @Override
  public void feed(int[] ids, CancellationToken token) {
    Tensor mask = bindStep(ids);
    try {
      run(1, token);
    } finally {
      close(mask);
    }
    Objects.requireNonNull(stepLogits).copyTo(0, logits(), 0, rows * vocabularySize());
  }

  /** Binds what a step of one id a row wants; the mask, which the caller closes, lives for this step only. */
  private @Nullable Tensor bindStep(int[] ids) {
    StepBuffers buffers = buffers();
    Tensor idsTensor = buffers.ids(ids);
    Tensor positions = stepPositions;
    if (positions != null) {
      padding.writePositions(positions.longBuffer(), length, 1, model.positionSets());
    }
    if (!stepBound) {
      run.input(model.input(CausalModel.IDS), idsTensor);
      if (positions != null) {
        run.input(model.input(CausalModel.POSITIONS), positions);
      }
      if (stepTypes != null) {
        run.input(model.input(CausalModel.TYPES), stepTypes);
      }
      bindKeepCount(1);
      run.output(model.output(CausalModel.LOGITS), Objects.requireNonNull(stepLogits));
      stepBound = true;
    }
    return bindMask(1);
  }

  private StepBuffers buffers() {
    StepBuffers buffers = step;
    if (buffers == null || buffers.rows() != rows) {
      close(buffers);
      buffers = new StepBuffers(rows);
      step = buffers;
      stepBound = false;
      stepLogits = buffers.allocate(ElementType.FLOAT32, model.stepLogits(rows));
      stepPositions = model.wantsPositions() ? buffers.keep(positions(1)) : null;
      stepTypes =
          model.wantsTypes() ? buffers.allocate(ElementType.INT64, Shape.of(rows, 1)) : null;
    }
    return buffers;
  }

  @Override
  public float[] feedAll(int[] ids, int count, CancellationToken token) {
    boolean oneByOne = model.givesLastOnly() || model.padsRight() && rows > 1 && length > 0;
    return oneByOne && count > 1
        ? feedOneByOne(ids, count, token)
        : feedSeveral(ids, count, true, token);
  }

  /** Feeds {@code count} ids a row; returns all scores, or leaves those of the last id of each. */
  private float[] feedSeveral(int[] ids, int count, boolean all, CancellationToken token) {
    stepBound = false;
    List<Tensor> made = new ArrayList<>();
    try {
      Tensor idsTensor = keep(made, Tensor.allocate(ElementType.INT64, Shape.of(rows, count)));
      LongBuffer buffer = idsTensor.longBuffer();
      for (int i = 0; i < ids.length; i++) {
        buffer.put(i, ids[i]);
      }
      run.input(model.input(CausalModel.IDS), idsTensor);
      if (model.wantsPositions()) {
        Tensor positions = keep(made, positions(count));
        padding.writePositions(positions.longBuffer(), length, count, model.positionSets());
        run.input(model.input(CausalModel.POSITIONS), positions);
      }
      if (model.wantsTypes()) {
        Tensor types = keep(made, Tensor.allocate(ElementType.INT64, Shape.of(rows, count)));
        run.input(model.input(CausalModel.TYPES), types);
      }
      Tensor mask = bindMask(count);
      if (mask != null) {
        made.add(mask);
      }
      boolean last = keepCount != null && !all && !(model.padsRight() && padding.some());
      int kept = last ? 1 : count;
      bindKeepCount(kept);
      if (!all && kept > 1 && model.graph().hasDeviceTensors()) {
        // Only the last position's scores leave the device.
        run.resident(model.output(CausalModel.LOGITS));
      } else if (model.logitsFollowInput()) {
        Shape shape = Shape.of(rows, kept, vocabularySize());
        run.output(
            model.output(CausalModel.LOGITS),
            keep(made, Tensor.allocate(ElementType.FLOAT32, shape)));
      } else {
        run.output(model.output(CausalModel.LOGITS));
      }
      boolean prompt = length == 0;
      run(count, token);
      return read(prompt, all, count, token);
    } finally {
      made.forEach(Tensor::close);
    }
  }

  private static Tensor keep(List<Tensor> made, Tensor tensor) {
    made.add(tensor);
    return tensor;
  }

  private float[] read(boolean prompt, boolean all, int count, CancellationToken token) {
    Tensor result = run.result(model.output(CausalModel.LOGITS));
    if (result.isResident()) {
      int axis = result.shape().rank() - 2;
      boolean ragged = prompt && model.padsRight() && padding.some();
      int[] last = {(int) result.shape().dim(axis) - 1};
      int[] picked =
          axis == 0
              ? Gather.first(rows)
              : ragged ? Gather.first((int) result.shape().dim(axis)) : last;
      try (Tensor scores = model.gather().read(result, axis, picked, token)) {
        return read(scores, prompt, false, count);
      }
    }
    return read(result, prompt, all, count);
  }

  private float[] read(Tensor result, boolean prompt, boolean all, int count) {
    Shape shape = result.shape();
    int v = vocabularySize();
    int given = shape.rank() == 2 ? 1 : (int) shape.dim(1);
    if (all) {
      if (given != count) {
        throw new TensorException(
            CausalModel.LOGITS,
            model.graph().name()
                + " gives the scores of "
                + given
                + " of "
                + count
                + " positions. Text cannot be scored with it, and no draft checked; export it"
                + " without cutting the scores.");
      }
      return result.toFloats();
    }
    float[] target = logits();
    float[] values = result.hasBuffer() ? null : result.toFloats();
    for (int r = 0; r < rows; r++) {
      int column = prompt ? padding.lastColumn(r, given) : given - 1;
      int from = (r * given + column) * v;
      if (values == null) {
        result.copyTo(from, target, r * v, v);
      } else {
        System.arraycopy(values, from, target, r * v, v);
      }
    }
    return target;
  }

  private void run(int count, CancellationToken token) {
    if (branch != null) {
      branch.byteBuffer().put(0, (byte) (length > 0 ? 1 : 0));
      run.input(model.input(CausalModel.BRANCH), branch);
    }
    cache.begin(rows, Math.max(0, length - padding.mostOnTheRight()), length + count);
    run.run(token);
    length += count;
    if (keepsHidden) {
      hidden = run.result(model.output(CausalModel.HIDDEN)).toFloats();
      hiddenSize = (int) run.result(model.output(CausalModel.HIDDEN)).shape().dim(-1);
    }
    cache.end();
  }

  /** Reads the last hidden states of each run from now on. */
  public void keepHidden() {
    keepsHidden = true;
    run.output(model.output(CausalModel.HIDDEN));
  }

  /** The last hidden state of a row at a position of the last run. */
  public float[] hidden(int row, int position) {
    int positions = hidden.length / hiddenSize / rows;
    int start = (row * positions + position) * hiddenSize;
    return java.util.Arrays.copyOfRange(hidden, start, start + hiddenSize);
  }

  private void bindKeepCount(int count) {
    if (keepCount != null) {
      keepCount.set((long) count);
      run.input(model.input(model.keepName()), keepCount);
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
    Tensor view = buffers().mask(length + count, padding.some() ? padding::writeMask : null);
    run.input(model.input(CausalModel.MASK), view);
    return view;
  }

  private static void close(@Nullable Tensor tensor) {
    if (tensor != null) {
      tensor.close();
    }
  }

  private static void close(@Nullable StepBuffers buffers) {
    if (buffers != null) {
      buffers.close();
    }
  }

  // ---- rows and length

  @Override
  public void reorder(int[] parents, CancellationToken token) {
    if (isIdentity(parents, rows)) {
      return;
    }
    cache.pickRows(parents, length, token);
    padding = padding.pick(parents);
    rows = parents.length;
  }

  @Override
  public boolean canTruncate() {
    return cache.canTruncate();
  }

  @Override
  public void truncate(int newLength, CancellationToken token) {
    if (newLength == length) {
      return;
    }
    requireTruncation();
    cache.truncate(newLength, token);
    length = newLength;
  }

  /** The keys and values of the only row. */
  KeyValueCache.Row row() {
    return new KeyValueCache.Row(cache, 0, length, length);
  }

  /** Makes this, which is of one row and has read nothing, a copy of another row. */
  void copyFrom(KeyValueCache.Row other, CancellationToken token) {
    cache.join(other, 1, 0, 0, token);
    length = other.length();
  }

  // ---- saving

  /** Hands out the blocks in host memory, one after the other, in the order of the graph. */
  public void readBlocks(BlockReader reader) throws IOException {
    cache.read(length, reader);
  }

  /** Takes over blocks that were saved. */
  public void restore(List<Tensor> blocks, int savedLength) {
    cache.restore(blocks);
    length = savedLength;
  }

  @Override
  public void close() {
    run.close();
    cache.close();
    close(step);
    close(keepCount);
    close(branch);
  }
}
