package dev.sampo.text.decoding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.model.ModelGraph;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.OnnxFile;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A decoder-only Transformer as Optimum exports it: {@code input_ids}, {@code attention_mask}, {@code position_ids} (where declared) and
 * {@code past_key_values.N.key/value} give {@code logits} and {@code present.N.key/value}. Number of key-value heads, element types and optional
 * inputs are taken from the graph. A graph without a past is read anew at each step, if need be through a window.
 *
 * <p>Longer than most files: what a graph declares is read in one place, and every way of stepping it begins there.
 */
public final class CausalModel implements TextModel {
  static final String IDS = "input_ids";
  static final String MASK = "attention_mask";
  static final String POSITIONS = "position_ids";
  static final String BRANCH = "use_cache_branch";
  static final String TYPES = "token_type_ids";
  public static final String LOGITS = "logits";
  public static final String HIDDEN = "last_hidden_state";
  private static final List<String> KEEP = List.of("num_logits_to_keep", "logits_to_keep");

  /** Operators that scale all rows together, or compute one row otherwise than several. */
  private static final Set<String> COUPLING =
      Set.of(
          "DynamicQuantizeLinear",
          "DynamicQuantizeMatMul",
          "DynamicQuantizeLSTM",
          "MatMulNBits",
          "MatMulBnb4");

  private final Graph graph;
  private final OnnxFile file;
  private final Names names;
  private final Map<String, TensorInfo> inputs;
  private final Map<String, TensorInfo> outputs;
  private final int window;
  private final JsonNode config;
  private final Gather gather;
  private final BufferPool pool = new BufferPool();
  private final List<Caches.Pair> caches;
  private final int vocabularySize;
  private final @Nullable String keepName;
  private final boolean logitsFollowInput;
  private final boolean padsRight;
  private final boolean inPlace;
  private @Nullable String hash;

  CausalModel(Graph graph, ModelGraph model, JsonNode config, Gather gather) {
    this.graph = graph;
    this.file = model.file();
    this.names = Names.of(model);
    this.inputs = names.inputs(graph);
    this.outputs = names.outputs(graph);
    this.config = config;
    this.gather = gather;
    this.caches = Caches.of(inputs, outputs);
    this.padsRight =
        !caches.isEmpty()
            && file.operators().contains(OnnxFile.GROUP_QUERY_ATTENTION)
            && inputs.containsKey(MASK);
    this.inPlace = padsRight && canBeInPlace();
    this.window = caches.isEmpty() ? window(inputs, config) : 0;
    this.vocabularySize = vocabularySize(graph, outputs, config);
    String keep = null;
    for (String name : inputs.keySet()) {
      if (KEEP.contains(name)) {
        keep = name;
      } else if (!List.of(IDS, MASK, POSITIONS, BRANCH, TYPES).contains(name) && !isPast(name)) {
        throw new ModelException(
            graph.path(),
            "Input '"
                + name
                + "' of "
                + graph.name()
                + " is unknown for a decoder-only model. Known: "
                + IDS
                + ", "
                + MASK
                + ", "
                + POSITIONS
                + ", "
                + BRANCH
                + ", "
                + String.join(", ", KEEP)
                + ", past_key_values.N.key/value and other past_... with present_...");
      }
    }
    this.keepName = keep;
    TensorInfo logits = outputs.get(LOGITS);
    TensorInfo ids = inputs.get(IDS);
    if (logits == null || ids == null) {
      throw new ModelException(
          graph.path(),
          graph.name()
              + " lacks "
              + (logits == null ? "output '" + LOGITS : "input '" + IDS)
              + "'.");
    }
    String symbol = logits.shape().rank() == 3 ? logits.shape().symbol(1) : null;
    logitsFollowInput = keep != null || symbol != null && symbol.equals(ids.shape().symbol(1));
  }

  /** Whether each block goes straight into an attention that gives it back in the same buffer, in host memory. */
  private boolean canBeInPlace() {
    boolean all = !graph.hasDeviceTensors() && !inputs.containsKey(BRANCH);
    for (Caches.Pair pair : caches) {
      String given = file.inPlaceCaches().get(names.input(pair.input()));
      all &=
          names.output(pair.output()).equals(given)
              && pair.info().shape().rank() == 4
              && pair.lengthAxis() == 2;
    }
    return all;
  }

  private boolean isPast(String name) {
    return caches.stream().anyMatch(pair -> pair.input().equals(name));
  }

  public static int vocabularySize(Graph graph, JsonNode config) {
    return vocabularySize(graph, graph.outputs(), config);
  }

  /** {@link #vocabularySize(Graph, JsonNode)} with the outputs by the spec's names. */
  static int vocabularySize(Graph graph, Map<String, TensorInfo> outputs, JsonNode config) {
    TensorInfo logits = outputs.get(LOGITS);
    if (logits != null && logits.shape().dim(-1) > 0) {
      return (int) logits.shape().dim(-1);
    }
    int size =
        config.path("vocab_size").asInt(config.path("text_config").path("vocab_size").asInt(0));
    if (size == 0) {
      throw new ModelException(
          graph.path(),
          "Neither "
              + graph.name()
              + " nor config.json (vocab_size) states the size of the vocabulary.");
    }
    return size;
  }

  public Graph graph() {
    return graph;
  }

  JsonNode config() {
    return config;
  }

  Gather gather() {
    return gather;
  }

  /** SHA-256 of the model's file with its weights; read when first asked for. */
  public synchronized String hash() {
    String known = hash;
    if (known == null) {
      known = FileHash.of(file);
      hash = known;
    }
    return known;
  }

  public List<Caches.Pair> caches() {
    return caches;
  }

  /** The graph's name of an input of the spec. */
  String input(String name) {
    return names.input(name);
  }

  /** The graph's name of an output of the spec. */
  String output(String name) {
    return names.output(name);
  }

  /**
   * Ids that a model without a past is given at each step, always as many, with padding on the left; 0 where it takes any number. The graph fixes
   * the number, or {@code window} of sampo.json states it.
   */
  @Override
  public int window() {
    return window;
  }

  /** What stands on the left of a window that is not full. */
  int windowPadId() {
    return config.path("pad_token_id").asInt(0);
  }

  private static int window(Map<String, TensorInfo> inputs, JsonNode config) {
    TensorInfo ids = inputs.get(IDS);
    long fixed = ids != null && ids.shape().rank() == 2 ? ids.shape().dim(1) : -1;
    return fixed > 1 ? (int) fixed : config.path("window").asInt(0);
  }

  /** Whether the graph wants padding on the right of the prompts; see {@link Padding}. */
  boolean padsRight() {
    return padsRight;
  }

  /** Whether past and present of its cache are one tensor; see {@link InPlaceCache}. */
  boolean isInPlace() {
    return inPlace;
  }

  /** Whether long prompts of one row are read in pieces: not where angles of positions depend on the length of the whole. */
  boolean readsInPieces() {
    String rope = config.path("rope_parameters").toString() + config.path("rope_scaling");
    return inPlace
        && !rope.contains("dynamic")
        && !rope.contains("longrope")
        && !rope.contains("long_factor");
  }

  /** An empty cache, bound to a run. */
  KeyValueCache newCache(GraphRun run, int rows) {
    if (inPlace) {
      List<Shape> shapes = new ArrayList<>();
      for (Caches.Pair pair : caches) {
        shapes.add(Caches.shape(pair, rows, 0, config));
      }
      return new InPlaceCache(run, names, caches, shapes, rows, maxPositions(), pool);
    }
    FedBackCache cache = new FedBackCache(run, names, gather);
    try {
      for (Caches.Pair pair : caches) {
        cache.add(pair, Caches.block(pair, rows, inputs.containsKey(BRANCH) ? 1 : 0, config));
      }
      return cache;
    } catch (RuntimeException e) {
      cache.close();
      throw e;
    }
  }

  boolean wantsMask() {
    return inputs.containsKey(MASK);
  }

  boolean wantsPositions() {
    return inputs.containsKey(POSITIONS);
  }

  /** Rows of position ids: 1, or 3 where a graph takes one set for each of time, height and width (text has three equal ones). */
  int positionSets() {
    TensorInfo info = inputs.get(POSITIONS);
    return info != null && info.shape().rank() == 3 ? 3 : 1;
  }

  /** Whether the graph gives its last hidden states beside the scores. */
  public boolean givesHidden() {
    return outputs.containsKey(HIDDEN);
  }

  boolean wantsTypes() {
    return inputs.containsKey(TYPES);
  }

  /** Whether the scores are of as many positions as ids go in, so that their buffer can be made before. */
  boolean logitsFollowInput() {
    return logitsFollowInput;
  }

  /** Whether the graph gives the scores of the last position only, however many ids go in. */
  boolean givesLastOnly() {
    Shape shape = Objects.requireNonNull(outputs.get(LOGITS)).shape();
    return !caches.isEmpty() && keepName == null && (shape.rank() == 2 || shape.dim(1) == 1);
  }

  /** Shape of the scores after one id a row: some graphs give no axis of positions, only the last one's scores. */
  Shape stepLogits(int rows) {
    TensorInfo info = Objects.requireNonNull(outputs.get(LOGITS));
    return info.shape().rank() == 2
        ? Shape.of(rows, vocabularySize)
        : Shape.of(rows, 1, vocabularySize);
  }

  String keepName() {
    return Objects.requireNonNull(keepName);
  }

  /** A tensor for the number of positions whose scores are wanted, if the graph asks for it. */
  @Nullable Tensor keepCount() {
    if (keepName == null) {
      return null;
    }
    TensorInfo info = Objects.requireNonNull(inputs.get(keepName));
    return Tensor.allocate(
        ElementType.INT64, info.shape().rank() == 0 ? Shape.scalar() : Shape.of(1));
  }

  /** A tensor that chooses the half of a merged graph, if it is one. */
  @Nullable Tensor branch() {
    return inputs.containsKey(BRANCH) ? Tensor.allocate(ElementType.BOOL, Shape.of(1)) : null;
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public boolean isEncoderDecoder() {
    return false;
  }

  @Override
  public int maxPositions() {
    return maxPositions(config);
  }

  /** Most positions by config.json, {@link Integer#MAX_VALUE} if it does not say. */
  public static int maxPositions(JsonNode config) {
    for (String key :
        List.of("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")) {
      for (JsonNode part : List.of(config, config.path("text_config"))) {
        if (part.path(key).isInt()) {
          return part.path(key).intValue();
        }
      }
    }
    return Integer.MAX_VALUE;
  }

  @Override
  public DecodingState start(Batch batch, int copies, boolean useCache, CancellationToken token) {
    if (padsRight && givesLastOnly() && new Padding(batch.mask(), true).some()) {
      return SeparateState.start(this, batch, copies, useCache, token);
    }
    if (caches.isEmpty() || !useCache) {
      return RecomputeState.start(this, batch, copies, token);
    }
    CausalState state = begin(batch.mask());
    try {
      state.prefill(batch.ids(), 0, token);
      if (copies > 1) {
        float[] first = Arrays.copyOf(state.logits(), state.rows() * vocabularySize);
        state.reorder(DecodingState.copiesOf(state.rows(), copies), token);
        state.spreadLogits(first, copies);
      }
      int limit = LongRopeState.limit(config);
      return limit > 0 && state.length() <= limit
          ? LongRopeState.of(this, limit, state, batch, copies)
          : state;
    } catch (RuntimeException | Error e) {
      state.close();
      throw e;
    }
  }

  /**
   * A state that has read nothing yet.
   *
   * @param mask of the prompts that it is to read
   */
  public CausalState begin(int[][] mask) {
    return new CausalState(this, mask);
  }

  /** Rows of left-padded caches need the graph to look at their mask; those that grow on the right need them in place. */
  @Override
  public @Nullable RowBatch newRows() {
    TensorInfo ids = inputs.get(IDS);
    boolean anyRows = ids != null && ids.shape().dim(0) < 0 && wantsMask();
    return anyRows && !caches.isEmpty() && padsRight == inPlace ? new CausalRows(this) : null;
  }

  @Override
  public int maxRowLength() {
    int limit = LongRopeState.limit(config);
    return limit > 0 ? limit : Integer.MAX_VALUE;
  }

  @Override
  public Set<String> coupledBy() {
    Set<String> found = new TreeSet<>(file.operators());
    found.retainAll(COUPLING);
    for (Caches.Pair pair : caches) {
      if (pair.info().type() != ElementType.FLOAT32) {
        found.add(pair.info().type().label());
      }
    }
    return found;
  }

  /** An empty state of one row. */
  public CausalState empty() {
    return begin(new int[][] {{}});
  }

  @Override
  public float[] scoreAll(Batch batch, CancellationToken token) {
    int count = batch.ids()[0].length;
    if (window > 0) {
      return scoreWindows(batch, count, token);
    }
    if (padsRight && new Padding(batch.mask(), true).some()) {
      return scoreRows(batch, count, token);
    }
    int[] flat = new int[batch.ids().length * count];
    for (int r = 0; r < batch.ids().length; r++) {
      System.arraycopy(batch.ids()[r], 0, flat, r * count, count);
    }
    try (CausalState state = begin(batch.mask())) {
      return state.feedAll(flat, count, token);
    }
  }

  /** A window for each position. */
  private float[] scoreWindows(Batch batch, int count, CancellationToken token) {
    int rows = batch.ids().length;
    float[] all = new float[rows * count * vocabularySize];
    for (int i = 0; i < count; i++) {
      int[][] ids = new int[rows][];
      int[][] mask = new int[rows][];
      for (int r = 0; r < rows; r++) {
        ids[r] = Arrays.copyOf(batch.ids()[r], i + 1);
        mask[r] = Arrays.copyOf(batch.mask()[r], i + 1);
      }
      try (DecodingState state = start(new Batch(ids, mask, ids), 1, false, token)) {
        for (int r = 0; r < rows; r++) {
          int at = (r * count + i) * vocabularySize;
          System.arraycopy(state.logits(), r * vocabularySize, all, at, vocabularySize);
        }
      }
    }
    return all;
  }

  /** Row after row without its padding; the scores stand where they would with padding on the left. */
  private float[] scoreRows(Batch batch, int count, CancellationToken token) {
    int rows = batch.ids().length;
    float[] all = new float[rows * count * vocabularySize];
    for (int r = 0; r < rows; r++) {
      int[] ids = batch.withoutPadding(r);
      int[] ones = new int[ids.length];
      Arrays.fill(ones, 1);
      try (CausalState state = begin(new int[][] {ones})) {
        float[] own = state.feedAll(ids, ids.length, token);
        System.arraycopy(own, 0, all, (r + 1) * count * vocabularySize - own.length, own.length);
      }
    }
    return all;
  }

  @Override
  public void close() {
    graph.close();
    gather.close();
  }
}
