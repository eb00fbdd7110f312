package dev.sampo.spark;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * What the Spark UI shows of a transformer beside its stages: rows, tokens, failures, milliseconds inside the model. Spark counts again when an
 * action runs again or a task is retried: these are figures of work done, not of rows in a result.
 */
record Counters(
    LongAccumulator rows, LongAccumulator tokens, LongAccumulator failures, LongAccumulator millis)
    implements Serializable {
  private static final long serialVersionUID = 1;
  static final String PREFIX = "sampo ";

  static Counters register(SparkContext context, String uid) {
    return new Counters(
        context.longAccumulator(PREFIX + "rows " + uid),
        context.longAccumulator(PREFIX + "tokens " + uid),
        context.longAccumulator(PREFIX + "failures " + uid),
        context.longAccumulator(PREFIX + "milliseconds " + uid));
  }
}
