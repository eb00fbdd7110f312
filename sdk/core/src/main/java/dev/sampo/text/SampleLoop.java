package dev.sampo.text;

import dev.sampo.error.CancelledException;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.search.TokenSampler;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.tokenizer.StreamingDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Greedy search and sampling: one token a row and step. */
final class SampleLoop {
  private final Job job;
  private final int copies;
  private final int fill;
  private final List<TokenRow> rows = new ArrayList<>();
  private final boolean[] ended;
  private final @Nullable FinishReason[] reasons;
  private final int[] tokens;
  private final List<float[]> logProbs = new ArrayList<>();
  private final List<List<float[]>> attention = new ArrayList<>();
  private final @Nullable StreamingDecoder[] pieces;
  private float[] raw = new float[0];
  private int open;

  SampleLoop(Job job) {
    this.job = job;
    this.copies = job.config.get(Setting.NUM_RETURN_SEQUENCES);
    this.fill = job.config.fillTokenId();
    int count = job.prompts() * copies;
    for (int r = 0; r < count; r++) {
      rows.add(new TokenRow(r / copies, job.batch.decoderIds()[r / copies]));
      logProbs.add(new float[0]);
      attention.add(new ArrayList<>());
    }
    ended = new boolean[count];
    reasons = new @Nullable FinishReason[count];
    tokens = new int[count];
    pieces = new @Nullable StreamingDecoder[count];
    open = count;
  }

  /** Runs until every row has ended or the job is cancelled. */
  List<List<Job.Ended>> run(int[] negativeIds) {
    try (DecodingState state = job.start(copies);
        Guidance guidance = Guidance.of(job, negativeIds, copies)) {
      decode(state, guidance);
    } catch (CancelledException e) {
      // What is there is returned; the rows that were open say so.
    }
    return results();
  }

  /** Runs on the state of a prompt cache, which stays open. */
  List<List<Job.Ended>> run(PromptCache cache) {
    if (!cache.belongsTo(job.model) || rows.size() != 1) {
      throw new IllegalArgumentException(
          "A prompt cache serves one prompt and one sequence, of the generator that made it.");
    }
    cache.claim();
    try {
      long begin = job.now();
      DecodingState state = cache.read(job.batch.ids()[0], job.token);
      job.prefillMillis += (job.now() - begin) / 1e6;
      decode(state, null);
    } catch (CancelledException e) {
      // As above.
    } finally {
      cache.release(rows.get(0).toArray());
    }
    return results();
  }

  private void decode(DecodingState state, @Nullable Guidance guidance) {
    TokenSampler sampler = new TokenSampler(job.chain, job.draw);
    int length = state.vocabularySize();
    long begin = job.now();
    try {
      while (true) {
        float[] scores = state.logits();
        job.recordLogits(state);
        keepRaw(scores, rows.size() * length);
        if (guidance != null) {
          guidance.guide(scores, rows.size(), length);
        }
        sampler.choose(rows, scores, length, ended, tokens, job.outputScores());
        job.recordScores(scores, rows.size() * length);
        take(state, length);
        if (open == 0) {
          return;
        }
        job.token.throwIfCancelled();
        state.feed(tokens, job.token);
        if (guidance != null) {
          guidance.feed(tokens, job);
        }
      }
    } finally {
      job.decodeMillis += (job.now() - begin) / 1e6;
    }
  }

  private void keepRaw(float[] scores, int count) {
    if (job.request.tokenLogProbs()) {
      if (raw.length < count) {
        raw = new float[count];
      }
      System.arraycopy(scores, 0, raw, 0, count);
    }
  }

  private void take(DecodingState state, int length) {
    float[] weights = job.request.attention() ? state.attention() : null;
    for (int r = 0; r < rows.size(); r++) {
      if (ended[r]) {
        tokens[r] = fill;
        continue;
      }
      TokenRow row = rows.get(r);
      row.append(tokens[r]);
      FinishReason reason = job.stopping.check(row);
      if (job.request.tokenLogProbs()) {
        float[] all = Arrays.copyOf(logProbs.get(r), row.generatedLength());
        all[all.length - 1] = (float) Rows.logProbability(raw, r * length, length, tokens[r]);
        logProbs.set(r, all);
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
      tell(r, tokens[r], reason != null);
    }
  }

  private void tell(int r, int id, boolean last) {
    TokenListener listener = job.request.listener();
    if (listener == null) {
      return;
    }
    StreamingDecoder text = pieces[r];
    if (text == null) {
      text = StreamingDecoder.of(job.tokenizer);
      pieces[r] = text;
    }
    listener.onToken(
        new TokenListener.Event(r / copies, r % copies, id, text.next(id, last), last));
  }

  private List<List<Job.Ended>> results() {
    List<List<Job.Ended>> results = new ArrayList<>();
    for (int b = 0; b < job.prompts(); b++) {
      List<Job.Ended> sequences = new ArrayList<>();
      for (int r = b * copies; r < (b + 1) * copies; r++) {
        FinishReason reason = reasons[r] == null ? FinishReason.CANCELLED : reasons[r];
        sequences.add(
            new Job.Ended(
                rows.get(r).generated(),
                null,
                reason,
                job.request.tokenLogProbs() ? logProbs.get(r) : null,
                null,
                attention.get(r).isEmpty() ? null : attention.get(r).toArray(new float[0][])));
      }
      results.add(sequences);
    }
    return results;
  }
}
