package dev.sampo.text;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.search.PromptLookup;
import dev.sampo.samplers.text.search.TokenSampler;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.FloatList;
import dev.sampo.text.decoding.TextModel;
import java.util.Arrays;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/**
 * Decoding with proposals: a draft (a smaller model's, or what followed earlier in the text) is read by the model in one run, and its tokens are
 * kept as long as the model would have chosen them itself. Leviathan et al. 2022, arXiv:2211.17192, section 2 without the rejection rule: each
 * token is chosen just as without a draft, from the same random stream, so the result is the same, greedy or sampled.
 */
final class AssistedLoop implements DecodingLoop {
  /** Where proposals come from. */
  interface Proposer extends AutoCloseable {
    int[] propose(TokenRow row, int limit);

    @Override
    void close();
  }

  private final GenerationPlan plan;
  private final StepLog log;
  private final Teller teller;
  private final TokenRow row;
  private final TokenSampler sampler;
  private final boolean[] open = new boolean[1];
  private final int[] token = new int[1];
  private final @Nullable FloatList logProbs;
  private float[] raw = new float[0];
  private @Nullable FinishReason reason;

  AssistedLoop(GenerationPlan plan) {
    if (plan.rows() != 1 || plan.config().get(Setting.NUM_RETURN_SEQUENCES) != 1) {
      throw new RequestException(
          plan.assistant() != null ? "assistant" : "promptLookupNumTokens",
          "Assisted decoding and prompt lookup take one prompt and one sequence (got "
              + plan.rows()
              + " and "
              + plan.config().get(Setting.NUM_RETURN_SEQUENCES)
              + ").");
    }
    this.plan = plan;
    this.log = new StepLog(plan);
    this.teller = new Teller(plan, 1, 1);
    this.row = new TokenRow(0, plan.batch().decoderIds()[0]);
    this.sampler = new TokenSampler(plan.chain(), plan.draw());
    this.logProbs = plan.request().tokenLogProbs() ? new FloatList() : null;
  }

  @Override
  public LoopResult run() {
    CancelledException cancelled = null;
    long begin = log.now();
    try (DecodingState state = plan.start(1);
        Proposer proposer = proposer()) {
      state.requireTruncation();
      begin = log.prefilled(begin);
      try {
        decode(state, proposer);
      } finally {
        log.looped(begin);
      }
    } catch (CancelledException e) {
      cancelled = e;
    }
    float[] probabilities = logProbs == null ? null : logProbs.toArray();
    return new LoopResult(
        Collections.singletonList(
            Collections.singletonList(LoopResult.Ended.of(row, reason, probabilities))),
        log,
        cancelled);
  }

  private Proposer proposer() {
    TextModel assistant = plan.assistant();
    if (assistant != null) {
      return new Draft(plan, assistant);
    }
    PromptLookup lookup =
        new PromptLookup(
            plan.config().get(Setting.PROMPT_LOOKUP_NUM_TOKENS),
            plan.config().get(Setting.MAX_MATCHING_NGRAM_SIZE));
    return new Proposer() {
      @Override
      public int[] propose(TokenRow ids, int limit) {
        return lookup.propose(ids, limit);
      }

      @Override
      public void close() {
        // Nothing is held.
      }
    };
  }

  private void decode(DecodingState state, Proposer proposer) {
    int v = state.vocabularySize();
    float[] scores = Arrays.copyOf(state.logits(), v);
    choose(scores, v);
    while (reason == null) {
      plan.token().throwIfCancelled();
      int[] draft = proposer.propose(row, plan.maxLength() - row.length() - 1);
      int[] ids = new int[draft.length + 1];
      ids[0] = row.id(row.length() - 1);
      System.arraycopy(draft, 0, ids, 1, draft.length);
      float[] all = state.feedAll(ids, ids.length, plan.token());
      for (int i = 0; i < ids.length && reason == null; i++) {
        System.arraycopy(all, i * v, scores, 0, v);
        int chosen = choose(scores, v);
        if (i < draft.length && chosen != draft[i]) {
          break;
        }
      }
      state.truncate(row.length() - 1, plan.token());
    }
  }

  private int choose(float[] scores, int v) {
    log.step(scores, v);
    if (logProbs != null) {
      if (raw.length < v) {
        raw = new float[v];
      }
      System.arraycopy(scores, 0, raw, 0, v);
    }
    sampler.choose(Collections.singletonList(row), scores, v, open, token, log.wantsScores());
    log.processed(scores, v);
    row.append(token[0]);
    if (logProbs != null) {
      logProbs.add((float) Rows.logProbability(raw, 0, v, token[0]));
    }
    reason = plan.stopping().check(row);
    teller.token(0, row, reason);
    return token[0];
  }

  /** The best tokens of a smaller model, as long as it is sure of them. */
  private static final class Draft implements Proposer {
    private final GenerationPlan plan;
    private final DecodingState state;
    private final TokenRow fed;

    Draft(GenerationPlan plan, TextModel assistant) {
      int own = assistant.vocabularySize();
      if (own != plan.model().vocabularySize()) {
        throw new RequestException(
            "assistant",
            "The assistant knows "
                + own
                + " tokens and the model "
                + plan.model().vocabularySize()
                + ": they need the same tokenizer.");
      }
      this.plan = plan;
      this.state = assistant.start(plan.batch(), 1, true, plan.token());
      this.fed = new TokenRow(0, plan.batch().decoderIds()[0]);
    }

    @Override
    public int[] propose(TokenRow row, int limit) {
      int common = 0;
      while (common < fed.length() && common < row.length() && fed.id(common) == row.id(common)) {
        common++;
      }
      state.truncate(common, plan.token());
      fed.truncate(common);
      while (fed.length() < row.length()) {
        feed(row.id(fed.length()));
      }
      int v = state.vocabularySize();
      int wanted = Math.min(limit, plan.config().get(Setting.NUM_ASSISTANT_TOKENS));
      double threshold = plan.config().get(Setting.ASSISTANT_CONFIDENCE_THRESHOLD);
      int[] draft = new int[Math.max(0, wanted)];
      int count = 0;
      while (count < draft.length) {
        int best = Rows.argmax(state.logits(), 0, v);
        double p = Math.exp(Rows.logProbability(state.logits(), 0, v, best));
        draft[count++] = best;
        if (p < threshold || count == draft.length) {
          break;
        }
        feed(best);
      }
      return Arrays.copyOf(draft, count);
    }

    private void feed(int id) {
      state.feed(new int[] {id}, plan.token());
      fed.append(id);
    }

    @Override
    public void close() {
      state.close();
    }
  }
}
