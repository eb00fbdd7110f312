package dev.sampo.text.decoding;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a decoder-only Transformer. Caches that are fed back have their rows on the right, so that the newest ids stand in one column; caches in place
 * have them on the left, each as long as its mask says. Positions are each row's own. Padding is masked, whatever numbers stand there.
 */
final class CausalRows implements RowBatch {
  private final CausalModel model;
  private @Nullable GraphRun run;
  private @Nullable KeyValueCache cache;
  private @Nullable StepBuffers step;
  private @Nullable Tensor logits;
  private @Nullable Tensor positions;
  private @Nullable Tensor branch;
  private @Nullable Tensor keepCount;
  private int[] lengths = new int[0];
  private int columns;
  private boolean bound;

  CausalRows(CausalModel model) {
    this.model = model;
  }

  @Override
  public DecodingState newRow() {
    return model.empty();
  }

  @Override
  public void read(DecodingState row, int[] ids, CancellationToken token) {
    ((CausalState) row).prefill(new int[][] {ids}, 0, token);
  }

  @Override
  public DecodingState copy(DecodingState row, CancellationToken token) {
    return copy(((CausalState) row).row(), token);
  }

  @Override
  public DecodingState copy(int row, int length, CancellationToken token) {
    KeyValueCache blocks = Objects.requireNonNull(cache);
    return copy(new KeyValueCache.Row(blocks, row, columns, lengths[row]), token);
  }

  private DecodingState copy(KeyValueCache.Row row, CancellationToken token) {
    CausalState copy = model.empty();
    try {
      copy.copyFrom(row, token);
      return copy;
    } catch (RuntimeException | Error e) {
      copy.close();
      throw e;
    }
  }

  @Override
  public int rows() {
    return lengths.length;
  }

  @Override
  public long bytes() {
    return lengths.length == 0 ? 0 : lengths.length * bytesOf(columns);
  }

  @Override
  public long bytesOf(int length) {
    long bytes = 0;
    for (Caches.Pair pair : model.caches()) {
      Shape shape = Caches.shape(pair, 1, length, model.config());
      bytes += shape.elementCount() * pair.info().type().sizeBytes();
    }
    return bytes;
  }

  // ---- rows

  @Override
  public void join(DecodingState row, int copies, CancellationToken token) {
    CausalState one = (CausalState) row;
    begin();
    int before = lengths.length;
    Objects.requireNonNull(cache).join(one.row(), copies, before, columns, token);
    lengths = Arrays.copyOf(lengths, before + copies);
    Arrays.fill(lengths, before, lengths.length, one.length());
    columns = Math.max(columns, one.length());
  }

  private void begin() {
    if (run == null) {
      run = model.graph().prepare();
      cache = model.newCache(run, 1);
      branch = model.branch();
      keepCount = model.keepCount();
      bound = false;
    }
  }

  @Override
  public void keep(int[] rows, CancellationToken token) {
    if (rows.length == 0) {
      close();
      return;
    }
    if (DecodingState.isIdentity(rows, lengths.length)) {
      return;
    }
    KeyValueCache blocks = Objects.requireNonNull(cache);
    blocks.pickRows(rows, columns, token);
    int[] kept = new int[rows.length];
    int longest = 0;
    for (int i = 0; i < rows.length; i++) {
      kept[i] = lengths[rows[i]];
      longest = Math.max(longest, kept[i]);
    }
    lengths = kept;
    if (longest < columns) {
      blocks.cut(columns - longest, columns, token);
      columns = longest;
    }
  }

  // ---- steps

  @Override
  public void feed(int[] ids, CancellationToken token) {
    GraphRun call = Objects.requireNonNull(run);
    KeyValueCache blocks = Objects.requireNonNull(cache);
    Tensor mask = bind(call, ids);
    try {
      int shortest = columns;
      for (int length : lengths) {
        shortest = Math.min(shortest, length);
      }
      blocks.begin(lengths.length, shortest, columns + 1);
      call.run(token);
    } finally {
      if (mask != null) {
        mask.close();
      }
    }
    for (int r = 0; r < lengths.length; r++) {
      lengths[r]++;
    }
    columns++;
    blocks.end();
  }

  private @Nullable Tensor bind(GraphRun call, int[] ids) {
    StepBuffers buffers = buffers();
    Tensor idsTensor = buffers.ids(ids);
    writePositions();
    if (!bound) {
      call.input(model.input(CausalModel.IDS), idsTensor);
      if (positions != null) {
        call.input(model.input(CausalModel.POSITIONS), positions);
      }
      if (model.wantsTypes()) {
        call.input(
            model.input(CausalModel.TYPES),
            buffers.allocate(ElementType.INT64, Shape.of(lengths.length, 1)));
      }
      if (keepCount != null) {
        keepCount.set(1L);
        call.input(model.input(model.keepName()), keepCount);
      }
      if (branch != null) {
        branch.byteBuffer().put(0, (byte) 1);
        call.input(model.input(CausalModel.BRANCH), branch);
      }
      call.output(model.output(CausalModel.LOGITS), Objects.requireNonNull(logits));
      bound = true;
    }
    if (!model.wantsMask()) {
      return null;
    }
    Tensor mask = buffers.mask(columns + 1, this::writeMask);
    call.input(model.input(CausalModel.MASK), mask);
    return mask;
  }

  private StepBuffers buffers() {
    StepBuffers buffers = step;
    if (buffers == null || buffers.rows() != lengths.length) {
      if (buffers != null) {
        buffers.close();
      }
      int rows = lengths.length;
      buffers = new StepBuffers(rows);
      step = buffers;
      bound = false;
      logits = buffers.allocate(ElementType.FLOAT32, model.stepLogits(rows));
      int sets = model.positionSets();
      Shape shape = sets == 1 ? Shape.of(rows, 1) : Shape.of(sets, rows, 1);
      positions = model.wantsPositions() ? buffers.allocate(ElementType.INT64, shape) : null;
    }
    return buffers;
  }

  private void writePositions() {
    if (positions == null) {
      return;
    }
    LongBuffer target = positions.longBuffer();
    int rows = lengths.length;
    for (int i = 0; i < rows * model.positionSets(); i++) {
      target.put(i, lengths[i % rows]);
    }
  }

  private void writeMask(LongBuffer target, int rows, int total) {
    boolean right = model.isInPlace();
    for (int r = 0; r < rows; r++) {
      int zeros = columns - lengths[r];
      for (int i = 0; i < total; i++) {
        target.put(r * total + i, (right ? i < total - zeros : i >= zeros) ? 1 : 0);
      }
    }
  }

  @Override
  public void scores(int row, float[] target, int at) {
    int size = model.vocabularySize();
    Objects.requireNonNull(logits).copyTo(row * size, target, at, size);
  }

  @Override
  public void close() {
    lengths = new int[0];
    columns = 0;
    if (run != null) {
      run.close();
      run = null;
    }
    if (cache != null) {
      cache.close();
      cache = null;
    }
    if (step != null) {
      step.close();
    }
    for (Tensor each : Arrays.asList(branch, keepCount)) {
      if (each != null) {
        each.close();
      }
    }
    step = null;
    logits = null;
    positions = null;
    branch = null;
    keepCount = null;
  }
}
