package dev.sampo.text.batch;

import dev.sampo.error.CancelledException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.decoding.RowBatch;
import dev.sampo.text.decoding.RowGroup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Requests that share steps (Orca: Yu et al. 2022, OSDI, "iteration-level scheduling"). Each round is one step of all rows, then some ids of the prompts
 * of those that come next. A request begins when its rows and the cache that it may come to fit beside what runs; until then nobody behind it does.
 */
final class BatchLane extends Lane {
  private final RowBatch batch;
  private final int vocabularySize;
  private final SchedulerConfig config;
  private final Counts counts;
  private final Prefixes prefixes;

  /** Row by row of the batch. */
  private final List<Running.Row> rows = new ArrayList<>();

  private final List<Running> running = new ArrayList<>();
  private @Nullable Running reading;

  // What others look at.
  private final Set<Task> active = ConcurrentHashMap.newKeySet();
  private volatile int rowCount;
  private volatile long cacheBytes;

  BatchLane(
      String name, RowBatch batch, int vocabularySize, SchedulerConfig config, Counts counts) {
    super("sampo-batch-" + name);
    this.batch = batch;
    this.vocabularySize = vocabularySize;
    this.config = config;
    this.counts = counts;
    this.prefixes = new Prefixes(batch, config.prefixCacheBytes());
  }

  int running() {
    return active.size();
  }

  int rows() {
    return rowCount;
  }

  long cacheBytes() {
    return cacheBytes;
  }

  /** Bytes of a request at its longest. */
  long bytesOf(RowGroup<?> group) {
    return bytes((long) group.prompts().length * group.copies(), group.maxLength());
  }

  private long bytes(long count, int length) {
    return count * batch.bytesOf(length);
  }

  @Override
  void cancelRunning() {
    active.forEach(Task::cancel);
  }

  // ---- the lane's thread

  @Override
  void work() throws InterruptedException {
    try {
      while (true) {
        if (active.isEmpty()) {
          awaitWork();
          if (isClosing()) {
            return;
          }
        }
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        round();
      }
    } finally {
      for (Running each : new ArrayList<>(running)) {
        giveUp(each);
      }
      if (reading != null) {
        giveUp(reading);
      }
      batch.close();
      prefixes.close();
    }
  }

  private void round() {
    giveUpCancelled();
    if (!rows.isEmpty()) {
      step();
    }
    readPrompts();
    rowCount = batch.rows();
    cacheBytes = batch.bytes() + prefixes.bytes();
  }

  private void giveUpCancelled() {
    dropCancelled();
    boolean any = false;
    for (Running each : new ArrayList<>(running)) {
      if (each.task.isCancelled()) {
        giveUp(each);
        any = true;
      }
    }
    if (reading != null && reading.task.isCancelled()) {
      giveUp(reading);
    }
    if (any) {
      leave();
    }
  }

  // ---- steps

  private void step() {
    int[] ids = new int[rows.size()];
    for (int i = 0; i < ids.length; i++) {
      Running.Row row = rows.get(i);
      ids[i] = row.of().tokens[row.index()];
    }
    try {
      batch.feed(ids, CancellationToken.none());
    } catch (RuntimeException | Error e) {
      failAll(e);
      return;
    }
    counts.steps.increment();
    Set<Running> stepped = new LinkedHashSet<>();
    for (int i = 0; i < ids.length; i++) {
      Running.Row row = rows.get(i);
      batch.scores(i, row.of().group.scores(), row.index() * vocabularySize);
      stepped.add(row.of());
    }
    for (Running each : stepped) {
      try {
        each.tokens = each.group.step();
        if (each.group.isDone()) {
          remember(each);
          complete(each);
        }
      } catch (RuntimeException | Error e) {
        fail(each, e);
      }
    }
    leave();
  }

  /** What the only row of a request has read may be how the next prompt of its conversation begins. */
  private void remember(Running each) {
    if (each.rows() > 1) {
      return;
    }
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i).of() == each) {
        int[] ids = each.group.ids(0);
        prefixes.keep(Arrays.copyOf(ids, ids.length - 1), batch, i); // the last was never fed
      }
    }
  }

  /** Rows that have ended, and those of requests that have, make room; the last ones move into their places. */
  private void leave() {
    int end = rows.size();
    int[] from = new int[end];
    for (int i = 0; i < end; i++) {
      from[i] = i;
    }
    for (int i = 0; i < end; ) {
      if (stays(rows.get(i))) {
        i++;
      } else {
        end--;
        rows.set(i, rows.get(end));
        from[i] = from[end];
      }
    }
    if (end == rows.size()) {
      return;
    }
    rows.subList(end, rows.size()).clear();
    int[] parents = Arrays.copyOf(from, end);
    try {
      batch.keep(parents, CancellationToken.none());
    } catch (RuntimeException | Error e) {
      failAll(e);
    }
  }

  private boolean stays(Running.Row row) {
    return running.contains(row.of()) && !row.of().group.hasEnded(row.index());
  }

  // ---- prompts

  private void readPrompts() {
    int left = config.prefillTokens();
    while (left > 0) {
      Running next = reading != null ? reading : admit();
      if (next == null) {
        return;
      }
      reading = next;
      try {
        left -= next.read(batch, prefixes, left, counts);
        if (next.isRead()) {
          reading = null;
          enter(next);
        }
      } catch (RuntimeException | Error e) {
        reading = null;
        fail(next, e);
        leave();
      }
    }
  }

  private void enter(Running next) {
    running.add(next);
    List<Running.Row> joined = new ArrayList<>();
    try {
      next.enter(batch, joined);
    } finally {
      rows.addAll(joined);
    }
    if (next.group.isDone()) {
      complete(next);
    }
  }

  /** The first that waits, if there is room for it. */
  private @Nullable Running admit() {
    Task task = peek();
    if (task == null || !fits(Objects.requireNonNull(task.group())) || !remove(task)) {
      return null;
    }
    active.add(task);
    task.begins();
    return new Running(task, Objects.requireNonNull(task.group()), vocabularySize);
  }

  private boolean fits(RowGroup<GenerationResult> group) {
    int count = group.prompts().length * group.copies();
    int longest = group.maxLength();
    for (Running each : running) {
      count += each.rows();
      longest = Math.max(longest, each.group.maxLength());
    }
    return count <= config.maxRows() && bytes(count, longest) <= config.maxCacheBytes();
  }

  // ---- ends

  private void complete(Running each) {
    GenerationResult result = each.group.result();
    forget(each);
    each.task.completes(result);
  }

  private void fail(Running each, Throwable error) {
    if (error instanceof CancelledException && each.task.isCancelled()) {
      giveUp(each);
      return;
    }
    forget(each);
    each.task.fails(error);
  }

  private void giveUp(Running each) {
    forget(each);
    try {
      each.task.fails(each.group.cancelled(new CancelledException("Cancelled")));
    } catch (RuntimeException | Error e) {
      each.task.fails(e);
    }
  }

  private void forget(Running each) {
    if (reading == each) {
      reading = null;
    }
    running.remove(each);
    active.remove(each.task);
    each.close();
  }

  /** A step of all went wrong: nobody knows what is in the caches. */
  private void failAll(Throwable error) {
    for (Running each : new ArrayList<>(running)) {
      fail(each, error);
    }
    rows.clear();
    batch.close();
  }
}
