package dev.sampo.training;

import dev.sampo.Progress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a training tells after each update.
 *
 * @param done updates done
 * @param total updates in all
 * @param numbers {@code loss} and whatever else the recipe measures, by name
 */
public record TrainingStep(long done, long total, Map<String, Float> numbers)
    implements Progress.Step {
  /** Copies the map. */
  public TrainingStep {
    numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
  }

  /** The loss of this update's batch. */
  public float loss() {
    return numbers.getOrDefault("loss", Float.NaN);
  }
}
