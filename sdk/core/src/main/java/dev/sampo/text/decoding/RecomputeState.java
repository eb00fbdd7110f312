package dev.sampo.text.decoding;

import dev.sampo.runtime.CancellationToken;
import java.util.Arrays;

/** A generation that keeps nothing but the ids: each step reads all of them again, or the last ones that the model can hold. */
final class RecomputeState extends DecodingState {
  private final CausalModel model;
  private int[][] ids;
  private int[][] mask;

  private RecomputeState(CausalModel model, int[][] ids, int[][] mask) {
    super(model.vocabularySize());
    this.model = model;
    this.ids = ids;
    this.mask = mask;
  }

  static RecomputeState start(
      CausalModel model, TextModel.Batch batch, int copies, CancellationToken token) {
    int[] parents = copiesOf(batch.ids().length, copies);
    RecomputeState state =
        new RecomputeState(model, pick(batch.ids(), parents), pick(batch.mask(), parents));
    state.compute(token);
    return state;
  }

  private static int[][] pick(int[][] rows, int[] parents) {
    int[][] picked = new int[parents.length][];
    for (int i = 0; i < parents.length; i++) {
      picked[i] = rows[parents[i]];
    }
    return picked;
  }

  @Override
  public int rows() {
    return ids.length;
  }

  @Override
  public int length() {
    return ids[0].length;
  }

  private void compute(CancellationToken token) {
    int window = Math.min(length(), model.caches().isEmpty() ? model.maxPositions() : length());
    int start = length() - window;
    int[][] read = model.window() > 0 ? windows() : cut(ids, start);
    int[][] readMask = model.window() > 0 ? windowMask() : cut(mask, start);
    try (CausalState state = model.begin(readMask)) {
      state.prefill(read, 0, token);
      System.arraycopy(state.logits(), 0, logits(), 0, rows() * vocabularySize());
    }
  }

  /** The newest ids of each row, with padding on the left up to the length that the model wants. */
  private int[][] windows() {
    int[][] windows = new int[ids.length][model.window()];
    for (int r = 0; r < ids.length; r++) {
      for (int i = 0; i < model.window(); i++) {
        int from = length() - model.window() + i;
        boolean real = from >= 0 && mask[r][from] == 1;
        windows[r][i] = real ? ids[r][from] : model.windowPadId();
      }
    }
    return windows;
  }

  private int[][] windowMask() {
    int[][] windows = new int[ids.length][model.window()];
    for (int r = 0; r < ids.length; r++) {
      for (int i = 0; i < model.window(); i++) {
        int from = length() - model.window() + i;
        windows[r][i] = from >= 0 ? mask[r][from] : 0;
      }
    }
    return windows;
  }

  private static int[][] cut(int[][] rows, int start) {
    int[][] cut = new int[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      cut[i] = Arrays.copyOfRange(rows[i], start, rows[i].length);
    }
    return cut;
  }

  @Override
  public void feed(int[] next, CancellationToken token) {
    append(next, 1);
    compute(token);
  }

  private void append(int[] next, int count) {
    int[][] longer = new int[ids.length][];
    int[][] longerMask = new int[ids.length][];
    for (int r = 0; r < ids.length; r++) {
      longer[r] = Arrays.copyOf(ids[r], ids[r].length + count);
      longerMask[r] = Arrays.copyOf(mask[r], mask[r].length + count);
      System.arraycopy(next, r * count, longer[r], ids[r].length, count);
      Arrays.fill(longerMask[r], mask[r].length, longerMask[r].length, 1);
    }
    ids = longer;
    mask = longerMask;
  }

  @Override
  public float[] feedAll(int[] next, int count, CancellationToken token) {
    if (model.window() > 0) {
      return feedOneByOne(next, count, token);
    }
    int before = length();
    append(next, count);
    float[] all = model.scoreAll(new TextModel.Batch(ids, mask, ids), token);
    int v = vocabularySize();
    float[] last = new float[rows() * count * v];
    for (int r = 0; r < rows(); r++) {
      System.arraycopy(all, (r * length() + before) * v, last, r * count * v, count * v);
    }
    return last;
  }

  @Override
  public void reorder(int[] parents, CancellationToken token) {
    ids = pick(ids, parents);
    mask = pick(mask, parents);
  }

  @Override
  public boolean canTruncate() {
    return true;
  }

  @Override
  public void truncate(int newLength, CancellationToken token) {
    for (int r = 0; r < ids.length; r++) {
      ids[r] = Arrays.copyOf(ids[r], newLength);
      mask[r] = Arrays.copyOf(mask[r], newLength);
    }
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
