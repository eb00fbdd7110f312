package dev.sampo.spark;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import dev.sampo.error.ModelException;
import dev.sampo.error.SampoException;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.TaskContext;
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

  /** The work on one row. */
  interface Attempt {
    Outcome run() throws IOException;
  }

  /** How many cores the running task has; 1 outside of a task. */
  static int threads() {
    TaskContext context = TaskContext.get();
    return context == null ? 1 : Math.max(1, context.cpus());
  }

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

    /** What an attempt gives: its value, or why the row is at fault. A model at fault is no row's, and ends the job; so does a task that was
     * cancelled. */
    static Outcome of(Attempt attempt) {
      try {
        return attempt.run();
      } catch (ModelException | CancelledException | ClosedException e) {
        throw e; // a task that is killed has no rows
      } catch (IOException | SampoException e) {
        return failed(e);
      }
    }

    private static Outcome failed(Throwable why) {
      String message = why.getMessage();
      return new Outcome(null, message == null ? why.getClass().getSimpleName() : message, 0);
    }
  }
}
