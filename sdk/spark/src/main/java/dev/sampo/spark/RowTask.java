package dev.sampo.spark;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a transformer does with a batch of rows, on the machine that has them. */
interface RowTask extends Serializable {

  /**
   * One value for each input.
   *
   * @param inputs values of the input column, none null
   * @param seeds a seed for each
   * @param threads how many cores the task has
   * @throws dev.sampo.error.ModelException if the model is at fault, which ends the job
   */
  List<Outcome> run(List<Object> inputs, long[] seeds, int threads);

  /**
   * What came of a row.
   *
   * @param value the output; null with an error
   * @param error why there is none
   * @param tokens how many tokens were made or read
   */
  record Outcome(@Nullable Object value, @Nullable String error, int tokens) {
    static Outcome of(Object value, int tokens) {
      return new Outcome(value, null, tokens);
    }

    static Outcome failed(Throwable why) {
      String message = why.getMessage();
      return new Outcome(null, message == null ? why.getClass().getSimpleName() : message, 0);
    }
  }
}
