package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A decoder-only Transformer as Optimum exports it: {@code input_ids}, {@code attention_mask}, {@code position_ids} (where declared) and
 * {@code past_key_values.N.key/value} give {@code logits} and {@code present.N.key/value}. Number of key-value heads, element types and optional
 * inputs are taken from the graph. A graph without a past is read anew at each step, if need be through a window.
 */
final class CausalModel implements TextModel {
  static final String IDS = "input_ids";
  static final String MASK = "attention_mask";
  static final String POSITIONS = "position_ids";
  static final String BRANCH = "use_cache_branch";
  static final String TYPES = "token_type_ids";
  static final String LOGITS = "logits";
  static final String HIDDEN = "last_hidden_state";
  private static final List<String> KEEP = List.of("num_logits_to_keep", "logits_to_keep");

  private final Graph graph;
  private final JsonNode config;
  private final Gather gather;
  private final List<Caches.Pair> caches;
  private final int vocabularySize;
  private final @Nullable String keepName;
  private final boolean logitsFollowInput;

  CausalModel(Graph graph, JsonNode config, Gather gather) {
    this.graph = graph;
    this.config = config;
    this.gather = gather;
    this.caches = Caches.of(graph);
    this.vocabularySize = vocabularySize(graph, config);
    String keep = null;
    for (String name : graph.inputs().keySet()) {
      if (KEEP.contains(name)) {
        keep = name;
      } else if (!List.of(IDS, MASK, POSITIONS, BRANCH, TYPES).contains(name) && !isPast(name)) {
        throw new IllegalArgumentException(
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
                + ", past_key_values.N.key/value.");
      }
    }
    this.keepName = keep;
    TensorInfo logits = graph.outputs().get(LOGITS);
    TensorInfo ids = graph.inputs().get(IDS);
    if (logits == null || ids == null) {
      throw new IllegalArgumentException(
          graph.name()
              + " lacks "
              + (logits == null ? "output '" + LOGITS : "input '" + IDS)
              + "'.");
    }
    String symbol = logits.shape().rank() == 3 ? logits.shape().symbol(1) : null;
    logitsFollowInput = keep != null || symbol != null && symbol.equals(ids.shape().symbol(1));
  }

  private boolean isPast(String name) {
    return caches.stream().anyMatch(pair -> pair.input().equals(name));
  }

  static int vocabularySize(Graph graph, JsonNode config) {
    TensorInfo logits = graph.outputs().get(LOGITS);
    if (logits != null && logits.shape().dim(-1) > 0) {
      return (int) logits.shape().dim(-1);
    }
    int size =
        config.path("vocab_size").asInt(config.path("text_config").path("vocab_size").asInt(0));
    if (size == 0) {
      throw new IllegalArgumentException(
          "Neither "
              + graph.name()
              + " nor config.json (vocab_size) states the size of the vocabulary.");
    }
    return size;
  }

  Graph graph() {
    return graph;
  }

  JsonNode config() {
    return config;
  }

  Gather gather() {
    return gather;
  }

  List<Caches.Pair> caches() {
    return caches;
  }

  boolean wantsMask() {
    return graph.inputs().containsKey(MASK);
  }

  boolean wantsPositions() {
    return graph.inputs().containsKey(POSITIONS);
  }

  /** Rows of position ids: 1, or 3 where a graph takes one set for each of time, height and width (text has three equal ones). */
  int positionSets() {
    TensorInfo info = graph.inputs().get(POSITIONS);
    return info != null && info.shape().rank() == 3 ? 3 : 1;
  }

  boolean givesHidden() {
    return graph.outputs().containsKey(HIDDEN);
  }

  boolean wantsTypes() {
    return graph.inputs().containsKey(TYPES);
  }

  /** Whether the scores are of as many positions as ids go in, so that their buffer can be made before. */
  boolean logitsFollowInput() {
    return logitsFollowInput;
  }

  /** Whether the graph gives the scores of the last position only, however many ids go in. */
  boolean givesLastOnly() {
    Shape shape = java.util.Objects.requireNonNull(graph.outputs().get(LOGITS)).shape();
    return !caches.isEmpty() && keepName == null && (shape.rank() == 2 || shape.dim(1) == 1);
  }

  /** Shape of the scores after one id a row: some graphs give no axis of positions, only the last one's scores. */
  Shape stepLogits(int rows) {
    TensorInfo info = java.util.Objects.requireNonNull(graph.outputs().get(LOGITS));
    return info.shape().rank() == 2
        ? Shape.of(rows, vocabularySize)
        : Shape.of(rows, 1, vocabularySize);
  }

  String keepName() {
    return java.util.Objects.requireNonNull(keepName);
  }

  /** A tensor for the number of positions whose scores are wanted, if the graph asks for it. */
  @Nullable Tensor keepCount() {
    if (keepName == null) {
      return null;
    }
    TensorInfo info = java.util.Objects.requireNonNull(graph.inputs().get(keepName));
    return Tensor.allocate(
        ElementType.INT64, info.shape().rank() == 0 ? Shape.scalar() : Shape.of(1));
  }

  /** A tensor that chooses the half of a merged graph, if it is one. */
  @Nullable Tensor branch() {
    return graph.inputs().containsKey(BRANCH)
        ? Tensor.allocate(ElementType.BOOL, Shape.of(1))
        : null;
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

  static int maxPositions(JsonNode config) {
    for (String key :
        List.of("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")) {
      if (config.path(key).isInt()) {
        return config.path(key).intValue();
      }
    }
    return Integer.MAX_VALUE;
  }

  @Override
  public DecodingState start(Batch batch, int copies, boolean useCache, CancellationToken token) {
    if (caches.isEmpty() || !useCache) {
      return RecomputeState.start(this, batch, copies, token);
    }
    CausalState state = new CausalState(this, batch.mask());
    try {
      state.prefill(batch.ids(), 0, token);
      if (copies > 1) {
        float[] first = java.util.Arrays.copyOf(state.logits(), state.rows() * vocabularySize);
        state.reorder(DecodingState.copiesOf(state.rows(), copies), token);
        state.spreadLogits(first, copies);
      }
      return state;
    } catch (RuntimeException e) {
      state.close();
      throw e;
    }
  }

  /** An empty state of one row. */
  CausalState empty() {
    return new CausalState(this, new int[][] {{}});
  }

  @Override
  public float[] scoreAll(Batch batch, CancellationToken token) {
    int count = batch.ids()[0].length;
    int[] flat = new int[batch.ids().length * count];
    for (int r = 0; r < batch.ids().length; r++) {
      System.arraycopy(batch.ids()[r], 0, flat, r * count, count);
    }
    try (CausalState state = new CausalState(this, batch.mask())) {
      return state.feedAll(flat, count, token);
    }
  }

  @Override
  public void close() {
    graph.close();
    gather.close();
  }
}
