package dev.sampo.samplers.text.stop;

import dev.sampo.samplers.text.TokenSequence;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Says when a sequence is complete; asked after each token. */
@FunctionalInterface
public interface StoppingCriterion {
  /**
   * Why the sequence ends here, or null if it goes on.
   *
   * @param ids all ids, the new one last
   */
  @Nullable FinishReason check(TokenSequence ids);

  /** Ends when an end token was generated. transformers' {@code EosTokenCriteria}. */
  static StoppingCriterion eos(int... eosTokenIds) {
    int[] eos = eosTokenIds.clone();
    return ids -> {
      int last = ids.id(ids.length() - 1);
      for (int id : eos) {
        if (id == last) {
          return FinishReason.EOS;
        }
      }
      return null;
    };
  }

  /** Ends when there are so many ids, prompt included. transformers' {@code MaxLengthCriteria}. */
  static StoppingCriterion maxLength(int maxLength) {
    return ids -> ids.length() >= maxLength ? FinishReason.LENGTH : null;
  }

  /**
   * Ends all sequences some time after this call; the step under way is finished. transformers' {@code MaxTimeCriteria}.
   *
   * @param seconds the limit
   * @param nanoClock {@code System::nanoTime}, or another for tests
   */
  static StoppingCriterion maxTime(double seconds, LongSupplier nanoClock) {
    long start = nanoClock.getAsLong();
    return ids -> (nanoClock.getAsLong() - start) / 1e9 > seconds ? FinishReason.LENGTH : null;
  }

  /** Ends when the predicate says so. */
  static StoppingCriterion when(Predicate<TokenSequence> predicate) {
    return ids -> predicate.test(ids) ? FinishReason.STOP : null;
  }

  /** The first reason that one of several gives. */
  static StoppingCriterion anyOf(List<? extends StoppingCriterion> criteria) {
    List<StoppingCriterion> all = new ArrayList<>(criteria);
    return ids -> {
      for (StoppingCriterion criterion : all) {
        FinishReason reason = criterion.check(ids);
        if (reason != null) {
          return reason;
        }
      }
      return null;
    };
  }
}
