package dev.sampo.text;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.TokenDraw;
import dev.sampo.samplers.text.processor.ProcessorChain;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import dev.sampo.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One call on its way: what was asked for, resolved against the model, and what the loops record. One thread. */
final class Job {
  final TextModel model;
  final @Nullable Tokenizer tokenizer;
  final GenerationRequest request;
  final GenerationConfig config;
  final TextModel.Batch batch;
  final int promptLength;
  final int maxLength;
  final ProcessorChain chain;
  final StoppingCriterion stopping;
  final @Nullable TokenDraw draw;
  final CancellationToken token;
  final List<float[]> scores = new ArrayList<>();
  final List<float[]> logits = new ArrayList<>();
  double prefillMillis;
  double decodeMillis;

  Job(
      TextModel model,
      @Nullable Tokenizer tokenizer,
      GenerationRequest request,
      GenerationConfig config,
      TextModel.Batch batch,
      int maxLength,
      ProcessorChain chain,
      StoppingCriterion stopping,
      @Nullable TokenDraw draw) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.request = request;
    this.config = config;
    this.batch = batch;
    this.promptLength = batch.decoderIds()[0].length;
    this.maxLength = maxLength;
    this.chain = chain;
    this.stopping = stopping;
    this.draw = draw;
    this.token = request.cancellation();
  }

  /** A sequence as a loop leaves it. */
  record Ended(
      int[] ids,
      @Nullable Double score,
      FinishReason reason,
      float @Nullable [] logProbs,
      int @Nullable [] beamIndices,
      float @Nullable [][] attention) {
    static Ended of(TokenRow row, FinishReason reason) {
      return new Ended(row.generated(), null, reason, null, null, null);
    }
  }

  int prompts() {
    return batch.ids().length;
  }

  boolean useCache() {
    return config.get(Setting.USE_CACHE);
  }

  boolean outputScores() {
    return config.get(Setting.OUTPUT_SCORES);
  }

  long now() {
    return request.nanoClock().getAsLong();
  }

  /** Reads the prompts, and measures it. */
  DecodingState start(int copies) {
    long begin = now();
    DecodingState state = model.start(batch, copies, useCache(), token);
    prefillMillis += (now() - begin) / 1e6;
    return state;
  }

  void recordLogits(DecodingState state) {
    if (config.get(Setting.OUTPUT_LOGITS)) {
      logits.add(Arrays.copyOf(state.logits(), state.rows() * state.vocabularySize()));
    }
  }

  void recordScores(float[] values, int count) {
    if (outputScores()) {
      scores.add(Arrays.copyOf(values, count));
    }
  }
}
