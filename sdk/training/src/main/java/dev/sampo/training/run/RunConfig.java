package dev.sampo.training.run;

import dev.sampo.error.RequestException;
import java.nio.file.Path;

/**
 * How long a run is and what it leaves behind.
 *
 * @param out its folder: {@code checkpoints/}, {@code metrics.jsonl}
 * @param steps updates in all
 * @param schedule the learning rate
 * @param checkpointEvery updates between checkpoints; one more is made at the end
 * @param keep how many checkpoints stay; 0 keeps all
 * @param evaluateEvery updates between evaluations; 0 evaluates at the end only
 * @param patience stops after so many evaluations without a better loss; 0 never
 */
public record RunConfig(
    Path out,
    long steps,
    Schedule schedule,
    long checkpointEvery,
    int keep,
    long evaluateEvery,
    int patience) {
  public RunConfig {
    if (steps < 1 || checkpointEvery < 1 || keep < 0 || evaluateEvery < 0 || patience < 0) {
      throw new RequestException(
          null,
          "steps and checkpointEvery have to be at least 1, keep, evaluateEvery and patience at"
              + " least 0.");
    }
  }

  public static RunConfig of(Path out, long steps, Schedule schedule) {
    return new RunConfig(out, steps, schedule, 100, 2, 0, 0);
  }

  public RunConfig withCheckpoints(long every, int kept) {
    return new RunConfig(out, steps, schedule, every, kept, evaluateEvery, patience);
  }

  public RunConfig withEvaluation(long every, int withPatience) {
    return new RunConfig(out, steps, schedule, checkpointEvery, keep, every, withPatience);
  }
}
