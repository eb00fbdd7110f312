package dev.sampo.text;

import dev.sampo.error.CancelledException;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.search.ContrastiveSearch;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.tokenizer.StreamingDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Contrastive search, prompt after prompt: all candidates of a step are read at once, as rows that share the past. The graph has to give its last
 * hidden states (output {@code last_hidden_state} beside the logits).
 */
final class ContrastiveLoop {
  private final Job job;
  private final CausalModel model;
  private final ContrastiveSearch search;

  ContrastiveLoop(Job job) {
    if (!(job.model instanceof CausalModel) || !((CausalModel) job.model).givesHidden()) {
      throw new IllegalArgumentException(
          "Contrastive search (penalty_alpha) needs a decoder-only graph with the output"
              + " 'last_hidden_state' beside its logits. Export it with one.");
    }
    this.job = job;
    this.model = (CausalModel) job.model;
    this.search =
        new ContrastiveSearch(job.config.get(Setting.PENALTY_ALPHA), job.config.get(Setting.TOP_K));
  }

  List<List<Job.Ended>> run() {
    List<List<Job.Ended>> results = new ArrayList<>();
    for (int b = 0; b < job.prompts(); b++) {
      TokenRow row = new TokenRow(b, job.batch.decoderIds()[b]);
      FinishReason reason = null;
      try {
        reason = decode(row, b);
      } catch (CancelledException e) {
        // What is there is returned.
      }
      results.add(
          Collections.singletonList(
              Job.Ended.of(row, reason == null ? FinishReason.CANCELLED : reason)));
    }
    return results;
  }

  private FinishReason decode(TokenRow row, int b) {
    int[] ids = job.batch.ids()[b];
    int[] mask = job.batch.mask()[b];
    long begin = job.now();
    try (CausalState state = new CausalState(model, new int[][] {mask})) {
      state.keepHidden();
      state.prefill(new int[][] {ids}, 0, job.token);
      job.prefillMillis += (job.now() - begin) / 1e6;
      begin = job.now();
      List<float[]> previous = new ArrayList<>();
      for (int t = 0; t < ids.length; t++) {
        if (mask[t] == 1) {
          previous.add(state.hidden(0, t));
        }
      }
      FinishReason reason = null;
      StreamingDecoder pieces = StreamingDecoder.of(job.tokenizer);
      while (reason == null) {
        row.append(step(state, row, previous));
        reason = job.stopping.check(row);
        tell(row, pieces, reason);
        job.token.throwIfCancelled();
      }
      return reason;
    } finally {
      job.decodeMillis += (job.now() - begin) / 1e6;
    }
  }

  /** Reads the candidates, keeps the row of the best, and returns its token. */
  private int step(CausalState state, TokenRow row, List<float[]> previous) {
    int v = state.vocabularySize();
    float[] scores = Arrays.copyOf(state.logits(), v);
    job.chain.process(Collections.singletonList(row), scores, v);
    Rows.softmax(scores, 0, v);
    int k = Math.min(search.topK(), v);
    int[] tokens = new int[k];
    float[] p = new float[k];
    Rows.topK(scores, 0, v, k, tokens, p);
    state.reorder(new int[k], job.token);
    state.feed(tokens, job.token);
    float[][] hidden = new float[k][];
    for (int i = 0; i < k; i++) {
      hidden[i] = state.hidden(i, 0);
    }
    int best = search.choose(p, hidden, previous);
    previous.add(hidden[best]);
    float[] next = Arrays.copyOfRange(state.logits(), best * v, (best + 1) * v);
    state.reorder(new int[] {best}, job.token);
    System.arraycopy(next, 0, state.logits(), 0, v);
    return tokens[best];
  }

  private void tell(TokenRow row, StreamingDecoder pieces, @Nullable FinishReason reason) {
    TokenListener listener = job.request.listener();
    if (listener != null) {
      int id = row.id(row.length() - 1);
      String text = pieces.next(id, reason != null);
      listener.onToken(new TokenListener.Event(row.batchIndex(), 0, id, text, reason != null));
    }
  }
}
