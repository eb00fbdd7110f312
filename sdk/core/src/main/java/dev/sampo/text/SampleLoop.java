package dev.sampo.text;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.search.TokenSampler;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.FloatList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Greedy search and sampling: one token a row and step. */
final class SampleLoop implements DecodingLoop {
  private final GenerationPlan plan;
  private final StepLog log;
  private final Teller teller;
  private final TokenSampler sampler;
  private final int copies;
  private final int fill;
  private final boolean wantsLogProbs;
  private final List<TokenRow> rows = new ArrayList<>();
  private final boolean[] ended;
  private final @Nullable FinishReason[] reasons;
  private final int[] tokens;
  private final List<FloatList> logProbs = new ArrayList<>();
  private final List<List<float[]>> attention = new ArrayList<>();
  private float[] raw = new float[0];
  private int open;

  SampleLoop(GenerationPlan plan) {
    this.plan = plan;
    this.log = new StepLog(plan);
    this.sampler = new TokenSampler(plan.chain(), plan.draw());
    this.copies = plan.config().get(Setting.NUM_RETURN_SEQUENCES);
    this.fill = plan.config().fillTokenId();
    this.wantsLogProbs = plan.request().tokenLogProbs();
    int count = plan.rows() * copies;
    for (int r = 0; r < count; r++) {
      rows.add(new TokenRow(r / copies, plan.batch().decoderIds()[r / copies]));
      logProbs.add(new FloatList());
      attention.add(new ArrayList<>());
    }
    teller = new Teller(plan, count, copies);
    ended = new boolean[count];
    reasons = new @Nullable FinishReason[count];
    tokens = new int[count];
    open = count;
  }

  @Override
  public LoopResult run() {
    PromptCache cache = plan.request().promptCache();
    try {
      if (cache != null) {
        decodeWith(own(cache));
      } else {
        long begin = log.now();
        try (DecodingState state = plan.start(copies);
            Guidance guidance = Guidance.of(plan, copies)) {
          decode(state, guidance, log.prefilled(begin));
        }
      }
      return new LoopResult(results(), log, null);
    } catch (CancelledException e) {
      return new LoopResult(results(), log, e);
    }
  }

  private KeyValuePromptCache own(PromptCache cache) {
    if (!(cache instanceof KeyValuePromptCache)
        || !((KeyValuePromptCache) cache).belongsTo(plan.model())
        || rows.size() != 1) {
      throw new RequestException(
          "promptCache",
          "A prompt cache serves one prompt and one sequence, of the generator that made it.");
    }
    return (KeyValuePromptCache) cache;
  }

  /** Runs on the state of a prompt cache, which stays open. */
  private void decodeWith(KeyValuePromptCache cache) {
    cache.claim();
    try {
      long begin = log.now();
      DecodingState state = cache.read(plan.batch().ids()[0], plan.token());
      decode(state, null, log.prefilled(begin));
    } finally {
      cache.release(rows.get(0).toArray());
    }
  }

  private void decode(DecodingState state, @Nullable Guidance guidance, long begin) {
    int length = state.vocabularySize();
    try {
      while (true) {
        choose(state.logits(), length, guidance, state);
        if (open == 0) {
          return;
        }
        plan.token().throwIfCancelled();
        state.feed(tokens, plan.token());
        if (guidance != null) {
          guidance.feed(tokens);
        }
      }
    } finally {
      log.looped(begin);
    }
  }

  /**
   * Chooses a token for each row that has not ended.
   *
   * @param scores of all rows, changed
   * @param length size of the vocabulary
   * @param state tells where the rows looked; null if nobody asks
   */
  private void choose(
      float[] scores, int length, @Nullable Guidance guidance, @Nullable DecodingState state) {
    int count = rows.size() * length;
    log.step(scores, count);
    keepRaw(scores, count);
    if (guidance != null) {
      guidance.guide(scores, rows.size(), length);
    }
    sampler.choose(rows, scores, length, ended, tokens, log.wantsScores());
    log.processed(scores, count);
    take(state, length);
  }

  // ---- step by step, for a scheduler

  GenerationPlan plan() {
    return plan;
  }

  StepLog log() {
    return log;
  }

  int rowCount() {
    return rows.size();
  }

  boolean hasEnded(int row) {
    return ended[row];
  }

  int[] generated(int row) {
    return rows.get(row).generated();
  }

  boolean isDone() {
    return open == 0;
  }

  /** A step with scores from elsewhere; those of ended rows count for nothing. One token a row, valid until the next step. */
  int[] choose(float[] scores, int length) {
    for (int r = 0; r < ended.length; r++) {
      if (ended[r]) {
        Arrays.fill(scores, r * length, (r + 1) * length, 0);
      }
    }
    choose(scores, length, null, null);
    return tokens;
  }

  /** What is there by now. */
  LoopResult soFar(@Nullable RuntimeException cancelled) {
    return new LoopResult(results(), log, cancelled);
  }

  private void keepRaw(float[] scores, int count) {
    if (wantsLogProbs) {
      if (raw.length < count) {
        raw = new float[count];
      }
      System.arraycopy(scores, 0, raw, 0, count);
    }
  }

  private void take(@Nullable DecodingState state, int length) {
    float[] weights = state != null && plan.request().attention() ? state.attention() : null;
    for (int r = 0; r < rows.size(); r++) {
      if (ended[r]) {
        tokens[r] = fill;
        continue;
      }
      TokenRow row = rows.get(r);
      row.append(tokens[r]);
      FinishReason reason = plan.stopping().check(row);
      if (wantsLogProbs) {
        logProbs.get(r).add((float) Rows.logProbability(raw, r * length, length, tokens[r]));
      }
      if (weights != null) {
        int source = weights.length / rows.size();
        attention.get(r).add(Arrays.copyOfRange(weights, r * source, (r + 1) * source));
      }
      if (reason != null) {
        ended[r] = true;
        reasons[r] = reason;
        open--;
      }
      teller.token(r, row, reason);
    }
  }

  private List<List<LoopResult.Ended>> results() {
    List<List<LoopResult.Ended>> results = new ArrayList<>();
    for (int b = 0; b < plan.rows(); b++) {
      List<LoopResult.Ended> sequences = new ArrayList<>();
      for (int r = b * copies; r < (b + 1) * copies; r++) {
        FinishReason reason = reasons[r] == null ? FinishReason.CANCELLED : reasons[r];
        sequences.add(
            new LoopResult.Ended(
                rows.get(r).generated(),
                null,
                reason,
                wantsLogProbs ? logProbs.get(r).toArray() : null,
                null,
                attention.get(r).isEmpty() ? null : attention.get(r).toArray(new float[0][])));
      }
      results.add(sequences);
    }
    return results;
  }
}
