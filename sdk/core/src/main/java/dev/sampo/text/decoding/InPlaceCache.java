package dev.sampo.text.decoding;

import dev.sampo.error.SampoException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A cache in buffers of its own that a graph's attention reads as its past and writes as its present: one tensor is bound as both, so a step copies
 * and allocates nothing. {@code GroupQueryAttention} writes the newest key behind as many as the mask has ones, whatever the buffer's length.
 *
 * <p>A block is {@code [rows, heads, capacity, head size]}. Its capacity grows by doubling, up to the positions that the model knows. Rows that are
 * re-ordered are copied only from where they differ: beams share most of their past, so that is a few positions and not the whole. For that,
 * {@code same[a][b]} holds how many first positions of two rows are known to be equal; rows that are not in use keep what they hold.
 */
final class InPlaceCache extends KeyValueCache {
  private static final int SMALLEST = 24;

  private final GraphRun run;
  private final Names names;
  private final List<Caches.Pair> pairs;
  private final List<Shape> shapes = new ArrayList<>();
  private final int limit;
  private final BufferPool pool;
  private final List<Tensor> blocks = new ArrayList<>();
  private final List<ByteBuffer> buffers = new ArrayList<>();

  /** The first rows of each block, where fewer are in use. */
  private final List<Tensor> views = new ArrayList<>();

  private int rowCapacity;
  private int capacity;
  private int rows;
  private int[][] same = new int[0][0];
  private boolean bound;

  /**
   * @param shapes of the blocks, with any number of rows and positions
   * @param limit positions that the model knows
   */
  InPlaceCache(
      GraphRun run,
      Names names,
      List<Caches.Pair> pairs,
      List<Shape> shapes,
      int rows,
      int limit,
      BufferPool pool) {
    this.run = run;
    this.names = names;
    this.pairs = pairs;
    this.shapes.addAll(shapes);
    this.rows = rows;
    this.limit = limit;
    this.pool = pool;
  }

  @Override
  void begin(int runRows, int from, int total) {
    rows = runRows;
    reserve(rows, total);
    for (int a = 0; a < rows; a++) {
      for (int b = 0; b < rowCapacity; b++) {
        same[a][b] = Math.min(same[a][b], from);
        same[b][a] = same[a][b];
      }
    }
    bind();
  }

  @Override
  void end() {
    // All there is stays.
  }

  // ---- memory

  /** Makes room for rows and positions; what is there stays. */
  private void reserve(int wantedRows, int positions) {
    if (wantedRows <= rowCapacity && positions <= capacity) {
      return;
    }
    int newRows = Math.max(wantedRows, rowCapacity);
    int newCapacity = capacity;
    if (positions > capacity) {
      // Room behind a prompt, so that its first token does not make it grow again.
      long roomy = capacity == 0 ? positions + Math.max(SMALLEST, positions / 4) : 2L * capacity;
      long doubled = Math.min(roomy, limit);
      newCapacity = (int) Math.max(positions, doubled);
    }
    closeViews();
    for (int i = 0; i < shapes.size(); i++) {
      Shape shape = shapes.get(i).with(0, newRows).with(2, newCapacity);
      ElementType type = pairs.get(i).info().type();
      long bytes = Math.multiplyExact(shape.elementCount(), (long) type.sizeBytes());
      if (bytes > Integer.MAX_VALUE) {
        throw new SampoException(
            "The cache of "
                + newRows
                + " rows and "
                + newCapacity
                + " positions exceeds 2 GB a block.");
      }
      ByteBuffer buffer = pool.take((int) bytes);
      Tensor fresh = Tensor.wrap(type, shape, buffer);
      if (i < blocks.size()) {
        Tensor old = blocks.set(i, fresh);
        copyAll(old, fresh);
        old.close();
        pool.giveBack(buffers.set(i, buffer));
      } else {
        blocks.add(fresh);
        buffers.add(buffer);
      }
    }
    int[][] wider = new int[newRows][newRows];
    for (int a = 0; a < rowCapacity; a++) {
      System.arraycopy(same[a], 0, wider[a], 0, rowCapacity);
    }
    same = wider;
    rowCapacity = newRows;
    capacity = newCapacity;
  }

  private void copyAll(Tensor from, Tensor to) {
    ByteBuffer source = from.byteBuffer();
    ByteBuffer target = to.byteBuffer();
    int position = positionBytes(from);
    int heads = (int) from.shape().dim(1);
    int oldRow = source.capacity() / (int) from.shape().dim(0);
    int newRow = target.capacity() / (int) to.shape().dim(0);
    for (int r = 0; r < rowCapacity; r++) {
      for (int h = 0; h < heads; h++) {
        int at = r * oldRow + h * capacity * position;
        source.limit(at + capacity * position).position(at);
        target.position(r * newRow + h * (newRow / heads));
        target.put(source);
      }
    }
  }

  private static int positionBytes(Tensor block) {
    return (int) block.shape().dim(3) * block.type().sizeBytes();
  }

  private void closeViews() {
    views.forEach(Tensor::close);
    views.clear();
    bound = false;
  }

  private void bind() {
    if (bound && !views.isEmpty() && views.get(0).shape().dim(0) != rows
        || bound && views.isEmpty() && rows != rowCapacity) {
      closeViews();
    }
    if (bound) {
      return;
    }
    for (int i = 0; i < blocks.size(); i++) {
      Tensor block = blocks.get(i);
      if (rows < rowCapacity) {
        block = block.view(block.shape().with(0, rows));
        views.add(block);
      }
      run.input(names.input(pairs.get(i).input()), block);
      run.output(names.output(pairs.get(i).output()), block);
    }
    bound = true;
  }

  // ---- rows and length

  @Override
  void pickRows(int[] parents, int length, CancellationToken token) {
    reserve(Math.max(parents.length, rows), Math.max(1, length));
    List<RowCopy> copies = RowCopy.plan(parents, same, length);
    for (Tensor block : blocks) {
      copy(block, copies);
    }
    int[][] before = new int[rowCapacity][];
    for (int a = 0; a < rowCapacity; a++) {
      before[a] = same[a].clone();
    }
    for (int a = 0; a < rowCapacity; a++) {
      int from = a < parents.length ? parents[a] : a;
      for (int b = 0; b < rowCapacity; b++) {
        int other = b < parents.length ? parents[b] : b;
        same[a][b] = from == other ? length : before[from][other];
      }
    }
    rows = parents.length;
  }

  @Override
  void join(Row added, int copies, int before, int columns, CancellationToken token) {
    InPlaceCache source = (InPlaceCache) added.cache();
    rows = before + copies;
    // By doubling, as positions: rows come one by one.
    int wanted = rows <= rowCapacity ? rows : Math.max(rows, 2 * rowCapacity);
    reserve(before == 0 ? rows : wanted, Math.max(1, Math.max(columns, added.length())));
    for (int r = before; r < rows; r++) {
      for (int i = 0; i < blocks.size(); i++) {
        moveRow(source, i, added.index(), r, added.length());
      }
      for (int b = 0; b < rowCapacity; b++) {
        same[r][b] = 0;
        same[b][r] = 0;
      }
    }
  }

  /** Copies the first {@code length} positions of another cache's row to a row of this. */
  private void moveRow(InPlaceCache other, int block, int fromRow, int row, int length) {
    Tensor from = other.blocks.get(block);
    ByteBuffer source = from.byteBuffer();
    ByteBuffer target = blocks.get(block).byteBuffer();
    int position = positionBytes(from);
    int heads = (int) from.shape().dim(1);
    for (int h = 0; h < heads; h++) {
      int at = (fromRow * heads + h) * other.capacity * position;
      source.limit(at + length * position).position(at);
      target.position((row * heads + h) * capacity * position);
      target.put(source);
    }
  }

  @Override
  void cut(int positions, int columns, CancellationToken token) {
    // Rows begin at 0: the longest one that is left says how far they reach.
  }

  private void copy(Tensor block, List<RowCopy> copies) {
    ByteBuffer target = block.byteBuffer();
    ByteBuffer source = block.byteBuffer();
    int position = positionBytes(block);
    int heads = (int) block.shape().dim(1);
    int row = target.capacity() / rowCapacity;
    byte[][] kept = new byte[rowCapacity + 1][];
    for (RowCopy copy : copies) {
      int count = (copy.to() - copy.from()) * position;
      for (int h = 0; h < heads; h++) {
        int inRow = h * capacity * position + copy.from() * position;
        if (copy.isKeep()) {
          byte[] bytes =
              kept[copy.source()] == null ? new byte[heads * count] : kept[copy.source()];
          kept[copy.source()] = bytes;
          source.limit(source.capacity()).position(copy.source() * row + inRow);
          source.get(bytes, h * count, count);
        } else if (copy.fromKept()) {
          byte[] bytes = kept[copy.source()];
          int skipped = bytes.length / heads - count;
          target.position(copy.target() * row + inRow);
          target.put(bytes, h * (bytes.length / heads) + skipped, count);
        } else {
          int at = copy.source() * row + inRow;
          source.limit(at + count).position(at);
          target.position(copy.target() * row + inRow);
          target.put(source);
        }
      }
    }
  }

  @Override
  boolean canTruncate() {
    return true;
  }

  @Override
  void truncate(int length, CancellationToken token) {
    // What comes next is written over the rest.
  }

  // ---- saving

  @Override
  void read(int length, BlockReader reader) throws IOException {
    for (int i = 0; i < pairs.size(); i++) {
      Shape shape = shapes.get(i).with(0, rows).with(2, length);
      try (Tensor part = Tensor.allocate(pairs.get(i).info().type(), shape)) {
        if (i < blocks.size()) {
          move(blocks.get(i), capacity, part, length, length, rows);
        }
        reader.read(part);
      }
    }
  }

  @Override
  void restore(List<Tensor> saved) {
    int length = (int) saved.get(0).shape().dim(2);
    rows = (int) saved.get(0).shape().dim(0);
    reserve(rows, Math.max(1, length));
    for (int i = 0; i < saved.size(); i++) {
      move(saved.get(i), length, blocks.get(i), capacity, length, rows);
      saved.get(i).close();
    }
    for (int[] row : same) {
      Arrays.fill(row, 0);
    }
  }

  /** Copies the first {@code length} positions of each head from one block to another of other capacity. */
  private static void move(
      Tensor from, int fromCapacity, Tensor to, int toCapacity, int length, int rows) {
    ByteBuffer source = from.byteBuffer();
    ByteBuffer target = to.byteBuffer();
    int position = positionBytes(from);
    int heads = (int) from.shape().dim(1) * rows;
    for (int h = 0; h < heads; h++) {
      int at = h * fromCapacity * position;
      source.limit(at + length * position).position(at);
      target.position(h * toCapacity * position);
      target.put(source);
    }
  }

  @Override
  public void close() {
    closeViews();
    blocks.forEach(Tensor::close);
    blocks.clear();
    buffers.forEach(pool::giveBack);
    buffers.clear();
    rowCapacity = 0;
    capacity = 0;
  }
}
