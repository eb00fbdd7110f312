package dev.sampo.spark;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.TaskInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;

/**
 * Sums up what Sampo's transformers did: {@code spark.extraListeners=dev.sampo.spark.SampoListener}, or {@code
 * sparkContext.addSparkListener(new SampoListener())}. It logs one line when the application ends.
 *
 * <p>It counts work, rows of failed attempts and of repeated actions included.
 */
public final class SampoListener extends SparkListener {
  private static final Logger LOG = LoggerFactory.getLogger(SampoListener.class);

  private final Map<String, AtomicLong> sums = new ConcurrentHashMap<>();

  private long firstBegin = Long.MAX_VALUE;
  private long lastEnd;

  /** A listener that has counted nothing. */
  public SampoListener() {}

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    scala.collection.Iterator<?> all = accumulables(end.taskInfo()).iterator();
    while (all.hasNext()) {
      AccumulableInfo info = (AccumulableInfo) all.next();
      Option<String> name = info.name();
      if (name.isDefined() && name.get().startsWith(Counters.PREFIX) && info.update().isDefined()) {
        String kind = name.get().split(" ", -1)[1];
        Object update = info.update().get();
        long value =
            update instanceof Number number
                ? number.longValue()
                : Long.parseLong(update.toString());
        sums.computeIfAbsent(kind, k -> new AtomicLong()).addAndGet(value);
        worked(end.taskInfo().launchTime(), end.taskInfo().finishTime());
      }
    }
  }

  private synchronized void worked(long begin, long end) {
    firstBegin = Math.min(firstBegin, begin);
    lastEnd = Math.max(lastEnd, end);
  }

  private synchronized double seconds() {
    return lastEnd == 0 ? 0 : (lastEnd - firstBegin) / 1000.0;
  }

  /** Asked for by name: the method's type is another kind of Seq on Scala 2.12 than on 2.13. */
  private static scala.collection.Iterable<?> accumulables(TaskInfo info) {
    try {
      return (scala.collection.Iterable<?>) TaskInfo.class.getMethod("accumulables").invoke(info);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("This Spark tells of its tasks in another way.", e);
    }
  }

  @Override
  public void onApplicationEnd(SparkListenerApplicationEnd end) {
    LOG.info("{}", summary());
  }

  /** One line: rows, failures, tokens, tokens a second inside the model, and the seconds from the first task's begin to the last one's end. */
  public String summary() {
    long millis = sum("milliseconds");
    return String.format(
        Locale.ROOT,
        "Sampo: %d rows, %d failures, %d tokens, %.1f tokens a second and task, %.1f s from the first task to the last",
        sum("rows"),
        sum("failures"),
        sum("tokens"),
        millis == 0 ? 0 : sum("tokens") * 1000.0 / millis,
        seconds());
  }

  private long sum(String kind) {
    AtomicLong sum = sums.get(kind);
    return sum == null ? 0 : sum.get();
  }
}
