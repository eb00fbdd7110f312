package dev.sampo.text.decoding;

import dev.sampo.internal.Matrices;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One generation of an encoder-decoder: the encoder's output, the cross-attention blocks of the first step, and the {@link KeyValueCache} of the
 * decoder. Without a past the decoder reads all its ids at every step.
 */
final class EncoderDecoderState extends DecodingState {
  private static final String CACHE_POSITION = "cache_position";

  private final EncoderDecoderModel model;
  private final boolean useCache;

  /** What the first step gave, until it is bound. */
  private Map<String, Tensor> blocks = new LinkedHashMap<>();

  private int[][] ids;
  private int[][] sourceMask;
  private Tensor hidden;
  private @Nullable Steps steps;

  /** What single steps need; made when the first step has given its blocks. */
  private final class Steps implements AutoCloseable {
    private final GraphRun run;
    private final FedBackCache cache;
    private final StepBuffers buffers;
    private final Tensor logits;
    private final boolean wantsMask;
    private final boolean wantsPosition;

    Steps() {
      Graph graph = Objects.requireNonNull(model.withPast());
      Set<String> declared = graph.inputs().keySet();
      wantsMask = declared.contains(EncoderDecoderModel.DECODER_MASK);
      wantsPosition = declared.contains(CACHE_POSITION);
      run = graph.prepare();
      cache = new FedBackCache(run, Names.SAME, model.gather());
      buffers = new StepBuffers(rows());
      logits = buffers.allocate(ElementType.FLOAT32, Shape.of(rows(), 1, vocabularySize()));
      run.output(CausalModel.LOGITS, logits);
      if (declared.contains(EncoderDecoderModel.ENCODER_MASK)) {
        Tensor mask = buffers.keep(Matrices.longs(sourceMask));
        run.constant(EncoderDecoderModel.ENCODER_MASK, mask);
      }
      if (declared.contains(EncoderDecoderModel.HIDDEN)) {
        run.constant(EncoderDecoderModel.HIDDEN, hidden);
      }
      if (declared.contains(CausalModel.BRANCH)) {
        run.constant(CausalModel.BRANCH, buffers.keep(Tensor.ofBools(Shape.of(1), true)));
      }
    }

    void bindBlocks() {
      for (Caches.Pair pair : model.caches()) {
        Tensor block = Objects.requireNonNull(blocks.remove(pair.input()));
        if (pair.isCross()) {
          run.constant(pair.input(), buffers.keep(block));
        } else {
          cache.add(pair, block);
        }
      }
    }

    void feed(int[] newest, CancellationToken token) {
      run.input(CausalModel.IDS, buffers.ids(newest));
      Tensor mask = wantsMask ? buffers.mask(length(), null) : null;
      Tensor position = wantsPosition ? cachePosition(length() - 1, 1) : null;
      try {
        if (mask != null) {
          run.input(EncoderDecoderModel.DECODER_MASK, mask);
        }
        if (position != null) {
          run.input(CACHE_POSITION, position);
        }
        run.run(token);
      } finally {
        EncoderDecoderState.close(mask);
        EncoderDecoderState.close(position);
      }
      cache.end();
      logits.copyTo(0, logits(), 0, rows() * vocabularySize());
    }

    @Override
    public void close() {
      run.close();
      cache.close();
      buffers.close();
    }
  }

  /**
   * @param hidden the encoder's output; closed by this
   */
  EncoderDecoderState(
      EncoderDecoderModel model, TextModel.Batch batch, Tensor hidden, boolean useCache) {
    super(model.vocabularySize());
    this.model = model;
    this.useCache = useCache;
    this.hidden = hidden;
    this.sourceMask = batch.mask();
    this.ids = new int[batch.ids().length][0];
  }

  private static void close(@Nullable Tensor tensor) {
    if (tensor != null) {
      tensor.close();
    }
  }

  @Override
  public int rows() {
    return ids.length;
  }

  @Override
  public int length() {
    return ids[0].length;
  }

  // ---- first step

  /** Reads what the decoder begins with. */
  void begin(int[][] decoderIds, CancellationToken token) {
    ids = decoderIds;
    readAll(token);
  }

  /** Runs the decoder without a past over all ids; leaves the last scores, and keeps the blocks if there is a cache. */
  private void readAll(CancellationToken token) {
    try (Outputs outputs = runFirst(useCache, token)) {
      float[] all = outputs.get(CausalModel.LOGITS).toFloats();
      int given = (int) outputs.get(CausalModel.LOGITS).shape().dim(1);
      int v = vocabularySize();
      for (int r = 0; r < rows(); r++) {
        System.arraycopy(all, (r * given + given - 1) * v, logits(), r * v, v);
      }
      if (useCache) {
        for (Caches.Pair pair : model.caches()) {
          String present = pair.input().replace("past_key_values.", "present.");
          blocks.put(pair.input(), outputs.take(present));
        }
      }
    }
  }

  float[] scoreAll(int[][] decoderIds, CancellationToken token) {
    ids = decoderIds;
    try (Outputs outputs = runFirst(false, token)) {
      return outputs.get(CausalModel.LOGITS).toFloats();
    }
  }

  private Outputs runFirst(boolean withBlocks, CancellationToken token) {
    Graph graph = model.first();
    Set<String> presents = new LinkedHashSet<>();
    if (withBlocks) {
      for (String name : graph.outputs().keySet()) {
        if (name.startsWith("present.")) {
          presents.add(name);
        }
      }
    }
    Map<String, Tensor> made = new LinkedHashMap<>();
    try {
      made.put(CausalModel.IDS, Matrices.longs(ids));
      made.put(EncoderDecoderModel.ENCODER_MASK, Matrices.longs(sourceMask));
      made.put(EncoderDecoderModel.DECODER_MASK, decoderMask(length()));
      made.put(CACHE_POSITION, cachePosition(0, length()));
      made.put(CausalModel.BRANCH, Tensor.ofBools(Shape.of(1), false));
      for (Caches.Pair pair : Caches.of(graph)) {
        made.put(pair.input(), Caches.block(pair, rows(), 1, model.config()));
      }
      Map<String, Tensor> inputs = new LinkedHashMap<>(made);
      inputs.put(EncoderDecoderModel.HIDDEN, hidden);
      inputs.keySet().retainAll(graph.inputs().keySet());
      return graph.runResident(inputs, Set.of(CausalModel.LOGITS), presents, token);
    } finally {
      made.values().forEach(Tensor::close);
    }
  }

  private Tensor decoderMask(int count) {
    int[][] mask = new int[rows()][count];
    for (int[] row : mask) {
      Arrays.fill(row, 1);
    }
    return Matrices.longs(mask);
  }

  private static Tensor cachePosition(int from, int count) {
    long[] positions = new long[count];
    for (int i = 0; i < count; i++) {
      positions[i] = from + i;
    }
    return Tensor.ofLongs(Shape.of(count), positions);
  }

  /** Makes {@code copies} rows of each, and gets ready for single steps. */
  void spread(int copies, CancellationToken token) {
    if (copies > 1) {
      int rows = rows();
      float[] scores = Arrays.copyOf(logits(), rows * vocabularySize());
      moveAll(copiesOf(rows, copies), token);
      spreadLogits(scores, copies);
    }
    bind();
  }

  private void bind() {
    if (useCache) {
      Steps made = new Steps();
      steps = made;
      made.bindBlocks();
    }
  }

  /** Moves rows with all that belongs to the encoder. */
  private void moveAll(int[] parents, CancellationToken token) {
    Steps old = steps;
    if (useCache) {
      for (Caches.Pair pair : model.caches()) {
        String name = pair.input();
        Tensor from = old == null ? blocks.get(name) : old.run.bound(name);
        close(
            blocks.put(name, model.gather().pick(Objects.requireNonNull(from), 0, parents, token)));
      }
    }
    Tensor before = hidden;
    hidden = model.gather().pick(before, 0, parents, token);
    ids = pick(ids, parents);
    sourceMask = pick(sourceMask, parents);
    if (old != null) {
      old.close();
      steps = null;
    }
    before.close();
  }

  private static int[][] pick(int[][] rows, int[] parents) {
    int[][] picked = new int[parents.length][];
    for (int i = 0; i < parents.length; i++) {
      picked[i] = rows[parents[i]];
    }
    return picked;
  }

  // ---- later steps

  @Override
  public void feed(int[] newest, CancellationToken token) {
    append(newest);
    Steps made = steps;
    if (made == null) {
      readAll(token);
    } else {
      made.feed(newest, token);
    }
  }

  private void append(int[] newest) {
    int[][] longer = new int[ids.length][];
    for (int r = 0; r < ids.length; r++) {
      longer[r] = Arrays.copyOf(ids[r], ids[r].length + 1);
      longer[r][ids[r].length] = newest[r];
    }
    ids = longer;
  }

  @Override
  public float[] feedAll(int[] several, int count, CancellationToken token) {
    return feedOneByOne(several, count, token);
  }

  @Override
  public void reorder(int[] parents, CancellationToken token) {
    if (isIdentity(parents, rows())) {
      return;
    }
    if (parents.length != rows()) {
      moveAll(parents, token);
      bind();
      return;
    }
    // Rows of one prompt share what belongs to the encoder, so only the decoder's blocks move.
    ids = pick(ids, parents);
    Steps made = steps;
    if (made != null) {
      made.cache.pickRows(parents, length(), token);
    }
  }

  @Override
  public boolean canTruncate() {
    return true;
  }

  @Override
  public void truncate(int newLength, CancellationToken token) {
    if (newLength == length()) {
      return;
    }
    for (int r = 0; r < ids.length; r++) {
      ids[r] = Arrays.copyOf(ids[r], newLength);
    }
    Steps made = steps;
    if (made != null) {
      made.cache.truncate(newLength, token);
    }
  }

  @Override
  public void close() {
    Steps made = steps;
    if (made != null) {
      made.close();
    }
    hidden.close();
    blocks.values().forEach(Tensor::close);
  }
}
