package dev.sampo.text;

import dev.sampo.runtime.RunTime;
import dev.sampo.samplers.text.Setting;
import dev.sampo.text.decoding.DecodingState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/** What a loop notes at each step: scores and logits where they are wanted, and the time. Belongs to one loop. */
final class StepLog {
  private final boolean wantsLogits;
  private final boolean wantsScores;
  private final LongSupplier clock;
  private final List<float[]> scores = new ArrayList<>();
  private final List<float[]> logits = new ArrayList<>();
  private double prefillMillis;
  private double loopMillis;
  private final long modelStart = RunTime.nanos();
  private long steps;
  private long firstToken;

  StepLog(GenerationPlan plan) {
    this.wantsLogits = plan.config().get(Setting.OUTPUT_LOGITS);
    this.wantsScores = plan.config().get(Setting.OUTPUT_SCORES);
    this.clock = plan.request().nanoClock();
  }

  boolean wantsScores() {
    return wantsScores;
  }

  long now() {
    return clock.getAsLong();
  }

  /** Prompts were read since {@code begin}; the time now. */
  long prefilled(long begin) {
    long now = now();
    prefillMillis += (now - begin) / 1e6;
    return now;
  }

  /** The loop has run since {@code begin}. */
  void looped(long begin) {
    loopMillis += (now() - begin) / 1e6;
  }

  /** A step begins, with the scores that the model gave. */
  void step(DecodingState state) {
    step(state.logits(), state.rows() * state.vocabularySize());
  }

  /** A step begins, with the scores that the model gave. */
  void step(float[] values, int count) {
    steps++;
    if (wantsLogits) {
      logits.add(Arrays.copyOf(values, count));
    }
  }

  /** The processed scores of a step. */
  void processed(float[] values, int count) {
    if (steps == 1) {
      firstToken = now();
    }
    if (wantsScores) {
      scores.add(Arrays.copyOf(values, count));
    }
  }

  List<float[]> scores() {
    return scores;
  }

  List<float[]> logits() {
    return logits;
  }

  /** From {@code begin} to the first token; 0 if there was none. */
  double firstTokenMillis(long begin) {
    return firstToken == 0 ? 0 : (firstToken - begin) / 1e6;
  }

  double prefillMillis() {
    return prefillMillis;
  }

  double loopMillis() {
    return loopMillis;
  }

  /** Inside ONNX Runtime since this was made, by the thread that made it. */
  double modelMillis() {
    return (RunTime.nanos() - modelStart) / 1e6;
  }

  long steps() {
    return steps;
  }
}
