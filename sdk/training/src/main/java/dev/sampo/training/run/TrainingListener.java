package dev.sampo.training.run;

import java.util.Map;

/** Hears what a run does. Called on the run's thread. */
public interface TrainingListener {
  /** After an update. */
  default void onStep(long step, long steps, Map<String, Float> numbers) {}

  /** After an evaluation. */
  default void onEvaluation(long step, Map<String, Float> numbers) {}

  /** After a checkpoint was written. */
  default void onCheckpoint(long step) {}
}
