package dev.sampo.training.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.training.graph.TrainingState;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Collections;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repeats a {@link Job}'s steps, with checkpoints, validation, early stopping and a metrics file. Opening it on a
 * folder with checkpoints goes on after the newest.
 */
public final class TrainingRun {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);

  private final RunConfig config;
  private final CheckpointStore store;
  private final TrainingListener listener;

  public TrainingRun(RunConfig config, TrainingListener listener) {
    this.config = config;
    this.listener = listener;
    store = new CheckpointStore(config.out().resolve("checkpoints"), config.keep());
  }

  /**
   * How a run ended.
   *
   * @param step updates done
   * @param cancelled whether the token ended it
   * @param stoppedEarly whether validation did not get better any more
   * @param evaluation the last evaluation
   * @param states what was reached
   */
  public record Outcome(
      long step,
      boolean cancelled,
      boolean stoppedEarly,
      Map<String, Float> evaluation,
      Map<String, TrainingState> states) {}

  /**
   * Runs to the end, or until cancelled: then the step is finished and a checkpoint saved.
   *
   * @param fingerprint of the job that {@code open} makes
   * @param open opens the job at the given states; an empty map means at the start
   * @throws SampoException if another run has the folder, or the newest checkpoint is damaged or another model's
   */
  public Outcome run(
      String fingerprint, Function<Map<String, TrainingState>, Job> open, CancellationToken token)
      throws IOException {
    Files.createDirectories(config.out());
    Closeable lock = store.lock();
    try {
      return locked(fingerprint, open, token);
    } finally {
      lock.close();
    }
  }

  private Outcome locked(
      String fingerprint, Function<Map<String, TrainingState>, Job> open, CancellationToken token)
      throws IOException {
    CheckpointStore.Saved saved = store.latest(fingerprint);
    long start = saved == null ? 0 : saved.step();
    if (saved != null) {
      LOG.info("Going on after step {} of {}", start, config.steps());
    }
    try (Job job = open.apply(saved == null ? Collections.emptyMap() : saved.states());
        MetricsLog log = new MetricsLog(config.out().resolve("metrics.jsonl"), start)) {
      return loop(job, log, start, saved, token);
    }
  }

  private Outcome loop(
      Job job,
      MetricsLog log,
      long start,
      CheckpointStore.@Nullable Saved saved,
      CancellationToken token)
      throws IOException {
    double best = saved == null ? Double.POSITIVE_INFINITY : readBest(saved);
    int worse = saved == null ? 0 : saved.info().path("worse").asInt();
    long step = start;
    long savedAt = saved == null ? -1 : start;
    boolean early = saved != null && saved.info().path("early").asBoolean();
    Map<String, Float> evaluation = Collections.emptyMap();
    if (start == 0 && evaluate(job, log, 0).isEmpty() && config.patience() > 0) {
      throw new SampoException(
          "Early stopping needs validation data and there are none: give more data, a larger share"
              + " for validation, or no patience.");
    }
    while (step < config.steps() && !token.isCancelled() && !early) {
      double rate = config.schedule().rate(step);
      Map<String, Float> numbers = job.step(step, rate);
      step++;
      write(log, step, "train", rate, numbers);
      listener.onStep(step, config.steps(), numbers);
      boolean evaluate = config.evaluateEvery() > 0 && step % config.evaluateEvery() == 0;
      if (evaluate) {
        evaluation = evaluate(job, log, step);
        float loss = evaluation.getOrDefault("loss", Float.NaN);
        worse = loss < best ? 0 : worse + 1;
        best = loss < best ? loss : best;
        early = config.patience() > 0 && worse >= config.patience();
      }
      if (step % config.checkpointEvery() == 0 || early) {
        save(job, step, best, worse, early);
        savedAt = step;
      }
    }
    if (savedAt != step) {
      save(job, step, best, worse, early);
    }
    boolean evaluated = config.evaluateEvery() > 0 && step % config.evaluateEvery() == 0;
    if (!token.isCancelled() && (!evaluated || evaluation.isEmpty())) {
      evaluation = evaluate(job, log, step);
    }
    boolean cancelled = token.isCancelled() && step < config.steps();
    return new Outcome(step, cancelled, early, evaluation, job.states());
  }

  private Map<String, Float> evaluate(Job job, MetricsLog log, long step) {
    Map<String, Float> numbers = job.evaluate();
    if (!numbers.isEmpty()) {
      write(log, step, "validation", 0, numbers);
      listener.onEvaluation(step, numbers);
    }
    return numbers;
  }

  private void write(
      MetricsLog log, long step, String split, double rate, Map<String, Float> numbers) {
    try {
      log.add(step, split, rate, numbers);
    } catch (IOException e) {
      throw new SampoException(
          "The metrics of step "
              + step
              + " cannot be written to "
              + config.out()
              + ": "
              + e.getMessage()
              + ". The last checkpoint is untouched; free space and run the same command again.",
          e);
    }
  }

  /** Weights that are no numbers never take the place of good ones. */
  private void checkFinite(Map<String, TrainingState> states, long step) {
    states.forEach(
        (model, state) ->
            state
                .values()
                .forEach(
                    (name, values) -> {
                      for (float v : values) {
                        if (!Float.isFinite(v)) {
                          throw new SampoException(
                              "Weight '"
                                  + name
                                  + "' of "
                                  + model
                                  + " holds "
                                  + v
                                  + " after step "
                                  + step
                                  + ". No checkpoint is made of it; the one before stays. Lower the"
                                  + " learning rate or clip gradients (maxGradNorm).");
                        }
                      }
                    }));
  }

  private void save(Job job, long step, double best, int worse, boolean early) {
    Map<String, TrainingState> states = job.states();
    checkFinite(states, step);
    ObjectNode info = new ObjectMapper().createObjectNode();
    if (Double.isFinite(best)) {
      info.put("best", best);
    }
    info.put("worse", worse).put("early", early);
    try {
      store.save(step, job.fingerprint(), states, info);
    } catch (IOException e) {
      throw new SampoException(
          "The checkpoint of step "
              + step
              + " cannot be written to "
              + config.out()
              + ": "
              + e.getMessage()
              + ". The checkpoint before it is untouched; free space and run the same command"
              + " again.",
          e);
    }
    listener.onCheckpoint(step);
  }

  private static double readBest(CheckpointStore.Saved saved) {
    return saved.info().path("best").asDouble(Double.POSITIVE_INFINITY);
  }
}
