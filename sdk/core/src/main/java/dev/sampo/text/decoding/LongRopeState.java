package dev.sampo.text.decoding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.runtime.CancellationToken;
import java.util.Arrays;

/**
 * A generation with LongRoPE (Ding et al. 2024, arXiv:2402.13753): beyond the length that the model was first trained with, other frequencies turn
 * queries and keys, so what was read with the first ones is read anew, once, as transformers does for Phi-3.
 */
final class LongRopeState extends DecodingState {
  private final CausalModel model;
  private final int limit;
  private DecodingState state;
  private int[][] ids;
  private int[][] mask;

  private LongRopeState(
      CausalModel model, int limit, DecodingState state, int[][] ids, int[][] mask) {
    super(model.vocabularySize());
    this.model = model;
    this.limit = limit;
    this.state = state;
    this.ids = ids;
    this.mask = mask;
  }

  /** Length up to which the first frequencies are right; 0 where there is but one kind. */
  static int limit(JsonNode config) {
    JsonNode scaling =
        config.hasNonNull("rope_parameters")
            ? config.get("rope_parameters")
            : config.path("rope_scaling");
    boolean phi = config.path("model_type").asText().startsWith("phi");
    return phi && scaling.has("long_factor")
        ? config
            .path("original_max_position_embeddings")
            .asInt(scaling.path("original_max_position_embeddings").asInt())
        : 0;
  }

  /** Continues a state that has read its prompts. */
  static LongRopeState of(
      CausalModel model, int limit, CausalState state, TextModel.Batch batch, int copies) {
    int[] parents = copiesOf(batch.ids().length, copies);
    LongRopeState whole =
        new LongRopeState(
            model, limit, state, pick(batch.ids(), parents), pick(batch.mask(), parents));
    whole.collect();
    return whole;
  }

  private void collect() {
    System.arraycopy(state.logits(), 0, logits(), 0, rows() * vocabularySize());
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

  @Override
  public void feed(int[] next, CancellationToken token) {
    boolean crosses = length() == limit;
    append(next, 1);
    if (crosses) {
      state.close();
      CausalState fresh = model.begin(mask);
      state = fresh;
      fresh.prefill(ids, 0, token);
    } else {
      state.feed(next, token);
    }
    collect();
  }

  private void append(int[] next, int count) {
    for (int r = 0; r < ids.length; r++) {
      int length = ids[r].length;
      ids[r] = Arrays.copyOf(ids[r], length + count);
      System.arraycopy(next, r * count, ids[r], length, count);
      mask[r] = Arrays.copyOf(mask[r], length + count);
      Arrays.fill(mask[r], length, length + count, 1);
    }
  }

  @Override
  public float[] feedAll(int[] next, int count, CancellationToken token) {
    if (length() <= limit && length() + count > limit) {
      return feedOneByOne(next, count, token);
    }
    append(next, count);
    return state.feedAll(next, count, token);
  }

  @Override
  public void reorder(int[] parents, CancellationToken token) {
    state.reorder(parents, token);
    ids = pick(ids, parents);
    mask = pick(mask, parents);
  }

  /** Only on one side of the limit: what was read with other frequencies is gone. */
  @Override
  public boolean canTruncate() {
    return false;
  }

  @Override
  public void close() {
    state.close();
  }
}
