package dev.sampo.training;

import dev.sampo.Timings;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a fine-tuning ended.
 *
 * @param model the folder of the tuned model, an ordinary one; null if it was cancelled: the same request goes on from its checkpoint
 * @param steps updates done, those of earlier runs in the same folder included
 * @param seed what everything random was drawn from
 * @param stoppedEarly whether validation did not get better any more
 * @param validation numbers on the data that were kept back, {@code loss} among them; empty if none were, or it was cancelled
 * @param timings the loop's steps are the updates of this run
 */
public record FineTuned(
    @Nullable Path model,
    long steps,
    long seed,
    boolean stoppedEarly,
    Map<String, Float> validation,
    Timings timings) {
  /** Copies the map. */
  public FineTuned {
    validation = Collections.unmodifiableMap(new LinkedHashMap<>(validation));
  }
}
