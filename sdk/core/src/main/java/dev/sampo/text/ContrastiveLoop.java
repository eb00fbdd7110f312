package dev.sampo.text;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.search.ContrastiveSearch;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.text.decoding.CausalModel;
import dev.sampo.text.decoding.CausalState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Contrastive search, prompt after prompt: all candidates of a step are read at once, as rows that share the past. The graph has to give its last
 * hidden states (output {@code last_hidden_state} beside the logits).
 */
final class ContrastiveLoop implements DecodingLoop {
  private final GenerationPlan plan;
  private final StepLog log;
  private final Teller teller;
  private final CausalModel model;
  private final ContrastiveSearch search;

  ContrastiveLoop(GenerationPlan plan) {
    if (!(plan.model() instanceof CausalModel) || !((CausalModel) plan.model()).givesHidden()) {
      throw new RequestException(
          "penaltyAlpha",
          "Contrastive search (penalty_alpha) needs a decoder-only graph with the output"
              + " 'last_hidden_state' beside its logits. Export it with one.");
    }
    this.plan = plan;
    this.log = new StepLog(plan);
    this.teller = new Teller(plan, plan.rows(), 1);
    this.model = (CausalModel) plan.model();
    if (model.caches().isEmpty()) {
      throw new RequestException(
          "penaltyAlpha",
          "Contrastive search (penalty_alpha) needs a graph that takes a past. Export it with"
              + " one.");
    }
    this.search =
        new ContrastiveSearch(
            plan.config().get(Setting.PENALTY_ALPHA), plan.config().get(Setting.TOP_K));
  }

  @Override
  public LoopResult run() {
    List<List<LoopResult.Ended>> results = new ArrayList<>();
    CancelledException cancelled = null;
    for (int b = 0; b < plan.rows(); b++) {
      TokenRow row = new TokenRow(b, plan.batch().decoderIds()[b]);
      FinishReason reason = null;
      try {
        reason = decode(row, b);
      } catch (CancelledException e) {
        cancelled = e; // the prompts after this one end at once
      }
      results.add(Collections.singletonList(LoopResult.Ended.of(row, reason, null)));
    }
    return new LoopResult(results, log, cancelled);
  }

  private FinishReason decode(TokenRow row, int b) {
    int[] ids = plan.batch().withoutPadding(b);
    int[] ones = new int[ids.length];
    Arrays.fill(ones, 1);
    long begin = log.now();
    try (CausalState state = model.begin(new int[][] {ones})) {
      state.keepHidden();
      List<float[]> previous = new ArrayList<>();
      state.prefill(new int[][] {ids}, 0, plan.token());
      for (int t = 0; t < ids.length; t++) {
        previous.add(state.hidden(0, t));
      }
      begin = log.prefilled(begin);
      FinishReason reason = null;
      while (reason == null) {
        row.append(step(state, row, previous));
        reason = plan.stopping().check(row);
        teller.token(b, row, reason);
        plan.token().throwIfCancelled();
      }
      return reason;
    } finally {
      log.looped(begin);
    }
  }

  /** Reads the candidates, keeps the row of the best, and returns its token. */
  private int step(CausalState state, TokenRow row, List<float[]> previous) {
    int v = state.vocabularySize();
    float[] scores = Arrays.copyOf(state.logits(), v);
    log.step(scores, v);
    plan.chain().process(Collections.singletonList(row), scores, v);
    log.processed(scores, v);
    Rows.checkNumbers(scores, 0, v);
    Rows.softmax(scores, 0, v);
    int k = Math.min(search.topK(), v);
    int[] tokens = new int[k];
    float[] p = new float[k];
    Rows.topK(scores, 0, v, k, tokens, p);
    state.reorder(new int[k], plan.token());
    state.feed(tokens, plan.token());
    float[][] hidden = new float[k][];
    for (int i = 0; i < k; i++) {
      hidden[i] = state.hidden(i, 0);
    }
    int best = search.choose(p, hidden, previous);
    previous.add(hidden[best]);
    float[] next = Arrays.copyOfRange(state.logits(), best * v, (best + 1) * v);
    state.reorder(new int[] {best}, plan.token());
    System.arraycopy(next, 0, state.logits(), 0, v);
    return tokens[best];
  }
}
