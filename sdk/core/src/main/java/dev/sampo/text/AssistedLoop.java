package dev.sampo.text;

import dev.sampo.error.CancelledException;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.search.PromptLookup;
import dev.sampo.samplers.text.search.TokenSampler;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.tokenizer.StreamingDecoder;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decoding with proposals: a draft (a smaller model's, or what followed earlier in the text) is read by the model in one run, and its tokens are
 * kept as long as the model would have chosen them itself. Leviathan et al. 2022, arXiv:2211.17192, section 2 without the rejection rule: each
 * token is chosen just as without a draft, from the same random stream, so the result is the same, greedy or sampled.
 */
final class AssistedLoop {
  /** Where proposals come from. */
  interface Proposer extends AutoCloseable {
    int[] propose(TokenRow row, int limit);

    @Override
    void close();
  }

  private final Job job;
  private final TokenRow row;
  private final TokenSampler sampler;
  private final StreamingDecoder pieces;
  private final boolean[] open = new boolean[1];
  private final int[] token = new int[1];
  private float[] logProbs = new float[0];
  private @Nullable FinishReason reason;

  AssistedLoop(Job job) {
    if (job.prompts() != 1 || job.config.get(Setting.NUM_RETURN_SEQUENCES) != 1) {
      throw new IllegalArgumentException(
          "Assisted decoding and prompt lookup take one prompt and one sequence (got "
              + job.prompts()
              + " and "
              + job.config.get(Setting.NUM_RETURN_SEQUENCES)
              + ").");
    }
    this.job = job;
    this.row = new TokenRow(0, job.batch.decoderIds()[0]);
    this.sampler = new TokenSampler(job.chain, job.draw);
    this.pieces = StreamingDecoder.of(job.tokenizer);
  }

  List<List<Job.Ended>> run() {
    try (DecodingState state = job.start(1);
        Proposer proposer = proposer()) {
      if (!state.canTruncate()) {
        state.truncate(0, job.token);
      }
      long begin = job.now();
      try {
        decode(state, proposer);
      } finally {
        job.decodeMillis += (job.now() - begin) / 1e6;
      }
    } catch (CancelledException e) {
      // What is there is returned.
    }
    FinishReason why = reason == null ? FinishReason.CANCELLED : reason;
    float[] probabilities = job.request.tokenLogProbs() ? logProbs : null;
    return Collections.singletonList(
        Collections.singletonList(
            new Job.Ended(row.generated(), null, why, probabilities, null, null)));
  }

  private Proposer proposer() {
    TextGenerator assistant = job.request.assistant();
    if (assistant != null) {
      return new Draft(job, assistant);
    }
    PromptLookup lookup =
        new PromptLookup(
            job.config.get(Setting.PROMPT_LOOKUP_NUM_TOKENS),
            job.config.get(Setting.MAX_MATCHING_NGRAM_SIZE));
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
      job.token.throwIfCancelled();
      int[] draft = proposer.propose(row, job.maxLength - row.length() - 1);
      int[] ids = new int[draft.length + 1];
      ids[0] = row.id(row.length() - 1);
      System.arraycopy(draft, 0, ids, 1, draft.length);
      float[] all = state.feedAll(ids, ids.length, job.token);
      for (int i = 0; i < ids.length && reason == null; i++) {
        System.arraycopy(all, i * v, scores, 0, v);
        int chosen = choose(scores, v);
        if (i < draft.length && chosen != draft[i]) {
          break;
        }
      }
      state.truncate(row.length() - 1, job.token);
    }
  }

  private int choose(float[] scores, int v) {
    if (job.config.get(Setting.OUTPUT_LOGITS)) {
      job.logits.add(scores.clone());
    }
    float[] raw = job.request.tokenLogProbs() ? scores.clone() : scores;
    sampler.choose(Collections.singletonList(row), scores, v, open, token, job.outputScores());
    job.recordScores(scores, v);
    row.append(token[0]);
    if (job.request.tokenLogProbs()) {
      logProbs = Arrays.copyOf(logProbs, logProbs.length + 1);
      logProbs[logProbs.length - 1] = (float) Rows.logProbability(raw, 0, v, token[0]);
    }
    reason = job.stopping.check(row);
    TokenListener listener = job.request.listener();
    if (listener != null) {
      String text = pieces.next(token[0], reason != null);
      listener.onToken(new TokenListener.Event(0, 0, token[0], text, reason != null));
    }
    return token[0];
  }

  /** The best tokens of a smaller model, as long as it is sure of them. */
  private static final class Draft implements Proposer {
    private final Job job;
    private final DecodingState state;
    private final TokenRow fed;

    Draft(Job job, TextGenerator assistant) {
      int own = assistant.model().vocabularySize();
      if (own != job.model.vocabularySize()) {
        throw new IllegalArgumentException(
            "The assistant knows "
                + own
                + " tokens and the model "
                + job.model.vocabularySize()
                + ": they need the same tokenizer.");
      }
      this.job = job;
      this.state = assistant.model().start(job.batch, 1, true, job.token);
      this.fed = new TokenRow(0, job.batch.decoderIds()[0]);
    }

    @Override
    public int[] propose(TokenRow row, int limit) {
      int common = 0;
      while (common < fed.length() && common < row.length() && fed.id(common) == row.id(common)) {
        common++;
      }
      state.truncate(common, job.token);
      fed.truncate(common);
      while (fed.length() < row.length()) {
        feed(row.id(fed.length()));
      }
      int v = state.vocabularySize();
      int wanted = Math.min(limit, job.config.get(Setting.NUM_ASSISTANT_TOKENS));
      double threshold = job.config.get(Setting.ASSISTANT_CONFIDENCE_THRESHOLD);
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
      state.feed(new int[] {id}, job.token);
      fed.append(id);
    }

    @Override
    public void close() {
      state.close();
    }
  }
}
