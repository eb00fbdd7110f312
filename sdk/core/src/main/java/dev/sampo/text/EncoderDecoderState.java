package dev.sampo.text;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One generation of an encoder-decoder: the encoder's output, the cross-attention blocks of the first step and the growing blocks of the
 * decoder. Without a past the decoder reads all its ids at every step.
 */
final class EncoderDecoderState extends DecodingState {
  private final EncoderDecoderModel model;
  private final boolean useCache;
  private final List<Tensor> own = new ArrayList<>();
  private final List<Tensor> untilNextRun = new ArrayList<>();
  private Map<String, Tensor> blocks = new LinkedHashMap<>();
  private int[][] ids;
  private int[][] sourceMask;
  private Tensor hidden;
  private @Nullable GraphRun run;
  private @Nullable Tensor stepIds;
  private @Nullable Tensor stepLogits;

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

  @Override
  int rows() {
    return ids.length;
  }

  @Override
  int length() {
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
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put(CausalModel.IDS, AttentionModel.matrix(ids));
    inputs.put(EncoderDecoderModel.ENCODER_MASK, AttentionModel.matrix(sourceMask));
    inputs.put(EncoderDecoderModel.DECODER_MASK, decoderMask(length()));
    inputs.put("cache_position", cachePosition(0, length()));
    inputs.put(CausalModel.BRANCH, Tensor.ofBools(Shape.of(1), false));
    for (Caches.Pair pair : Caches.of(graph)) {
      inputs.put(pair.input(), Caches.block(pair, rows(), 1, model.config()));
    }
    List<Tensor> made = new ArrayList<>(inputs.values());
    inputs.put(EncoderDecoderModel.HIDDEN, hidden);
    inputs.keySet().retainAll(graph.inputs().keySet());
    Set<String> presents = new LinkedHashSet<>();
    if (withBlocks) {
      for (String name : graph.outputs().keySet()) {
        if (name.startsWith("present.")) {
          presents.add(name);
        }
      }
    }
    try {
      return graph.runResident(inputs, Set.of(CausalModel.LOGITS), presents, token);
    } finally {
      made.forEach(Tensor::close);
    }
  }

  private Tensor decoderMask(int count) {
    int[][] mask = new int[rows()][count];
    for (int[] row : mask) {
      Arrays.fill(row, 1);
    }
    return AttentionModel.matrix(mask);
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
    int rows = rows();
    if (copies > 1) {
      float[] scores = Arrays.copyOf(logits(), rows * vocabularySize());
      int[] parents = copiesOf(rows, copies);
      Map<String, Tensor> spread = new LinkedHashMap<>();
      for (Map.Entry<String, Tensor> block : blocks.entrySet()) {
        try (Tensor old = block.getValue()) {
          spread.put(block.getKey(), model.gather().pick(old, 0, parents, token));
        }
      }
      blocks = spread;
      try (Tensor old = hidden) {
        hidden = model.gather().pick(old, 0, parents, token);
      }
      ids = pick(ids, parents);
      sourceMask = pick(sourceMask, parents);
      spreadLogits(scores, copies);
    }
    if (useCache) {
      bind();
    }
  }

  private static int[][] pick(int[][] rows, int[] parents) {
    int[][] picked = new int[parents.length][];
    for (int i = 0; i < parents.length; i++) {
      picked[i] = rows[parents[i]];
    }
    return picked;
  }

  private void bind() {
    Graph graph = Objects.requireNonNull(model.withPast());
    GraphRun step = graph.prepare();
    run = step;
    Tensor newest = keep(Tensor.allocate(ElementType.INT64, Shape.of(rows(), 1)));
    Tensor scores =
        keep(Tensor.allocate(ElementType.FLOAT32, Shape.of(rows(), 1, vocabularySize())));
    stepIds = newest;
    stepLogits = scores;
    step.input(CausalModel.IDS, newest).output(CausalModel.LOGITS, scores);
    Set<String> declared = graph.inputs().keySet();
    if (declared.contains(EncoderDecoderModel.ENCODER_MASK)) {
      step.constant(EncoderDecoderModel.ENCODER_MASK, keep(AttentionModel.matrix(sourceMask)));
    }
    if (declared.contains(EncoderDecoderModel.HIDDEN)) {
      step.constant(EncoderDecoderModel.HIDDEN, hidden);
    }
    if (declared.contains(CausalModel.BRANCH)) {
      step.constant(CausalModel.BRANCH, keep(Tensor.ofBools(Shape.of(1), true)));
    }
    for (Caches.Pair pair : model.caches()) {
      Tensor block = Objects.requireNonNull(blocks.get(pair.input()));
      if (pair.isCross()) {
        step.constant(pair.input(), keep(block));
      } else {
        untilNextRun.add(block);
        step.feedBack(pair.output(), pair.input(), block);
      }
    }
    blocks.clear();
  }

  private Tensor keep(Tensor tensor) {
    own.add(tensor);
    return tensor;
  }

  // ---- later steps

  @Override
  void feed(int[] newest, CancellationToken token) {
    append(newest);
    GraphRun step = run;
    if (step == null) {
      readAll(token);
      return;
    }
    LongBuffer buffer = Objects.requireNonNull(stepIds).longBuffer();
    for (int r = 0; r < newest.length; r++) {
      buffer.put(r, newest[r]);
    }
    Set<String> declared = Objects.requireNonNull(model.withPast()).inputs().keySet();
    if (declared.contains(EncoderDecoderModel.DECODER_MASK)) {
      Tensor mask = decoderMask(length());
      untilNextRun.add(mask);
      step.input(EncoderDecoderModel.DECODER_MASK, mask);
    }
    if (declared.contains("cache_position")) {
      Tensor position = cachePosition(length() - 1, 1);
      untilNextRun.add(position);
      step.input("cache_position", position);
    }
    step.run(token);
    // What only served as an input of this run is no longer needed: outputs took its place, or the
    // next step binds anew.
    untilNextRun.forEach(Tensor::close);
    untilNextRun.clear();
    Objects.requireNonNull(stepLogits).copyTo(0, logits(), 0, rows() * vocabularySize());
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
  float[] feedAll(int[] several, int count, CancellationToken token) {
    return feedOneByOne(several, count, token);
  }

  @Override
  void reorder(int[] parents, CancellationToken token) {
    if (isIdentity(parents, rows())) {
      return;
    }
    ids = pick(ids, parents);
    // Rows of one prompt share the cross-attention blocks, so only the decoder's move.
    replaceBlocks(pair -> 0, parents, token);
  }

  @Override
  boolean canTruncate() {
    return true;
  }

  @Override
  void truncate(int newLength, CancellationToken token) {
    if (newLength == length()) {
      return;
    }
    for (int r = 0; r < ids.length; r++) {
      ids[r] = Arrays.copyOf(ids[r], newLength);
    }
    replaceBlocks(Caches.Pair::lengthAxis, Gather.first(newLength), token);
  }

  /** Picks entries along an axis of the decoder's blocks, those with the same axis in one run. */
  private void replaceBlocks(
      ToIntFunction<Caches.Pair> axis, int[] entries, CancellationToken token) {
    GraphRun step = run;
    if (step == null) {
      return;
    }
    Map<Integer, List<Caches.Pair>> byAxis = new LinkedHashMap<>();
    for (Caches.Pair pair : model.caches()) {
      if (!pair.isCross()) {
        byAxis.computeIfAbsent(axis.applyAsInt(pair), a -> new ArrayList<>()).add(pair);
      }
    }
    for (Map.Entry<Integer, List<Caches.Pair>> e : byAxis.entrySet()) {
      List<Tensor> old = new ArrayList<>();
      for (Caches.Pair pair : e.getValue()) {
        old.add(step.bound(pair.input()));
      }
      List<Tensor> fresh = model.gather().pick(old, e.getKey(), entries, token);
      for (int i = 0; i < fresh.size(); i++) {
        step.input(e.getValue().get(i).input(), fresh.get(i));
        if (untilNextRun.remove(old.get(i))) {
          old.get(i).close();
        }
        untilNextRun.add(fresh.get(i));
      }
    }
  }

  @Override
  public void close() {
    if (run != null) {
      run.close();
    }
    hidden.close();
    blocks.values().forEach(Tensor::close);
    untilNextRun.forEach(Tensor::close);
    own.forEach(Tensor::close);
  }
}
