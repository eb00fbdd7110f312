package dev.sampo.text;

import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.stop.FinishReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a loop leaves.
 *
 * @param sequences for each prompt its sequences
 * @param log scores, logits and times
 * @param cancelled what gave it up, null if it came to its end
 */
record LoopResult(List<List<Ended>> sequences, StepLog log, @Nullable RuntimeException cancelled) {
  /** A sequence as a loop leaves it. */
  @SuppressWarnings("ArrayRecordComponent")
  record Ended(
      int[] ids,
      @Nullable Double score,
      FinishReason reason,
      float @Nullable [] logProbs,
      int @Nullable [] beamIndices,
      float @Nullable [][] attention) {
    static Ended of(TokenRow row, @Nullable FinishReason reason, float @Nullable [] logProbs) {
      FinishReason why = reason == null ? FinishReason.CANCELLED : reason;
      return new Ended(row.generated(), null, why, logProbs, null, null);
    }
  }
}
