package dev.sampo.training.run;

import dev.sampo.training.graph.TrainingState;
import java.util.Map;

/** What a run repeats: one model with its data, or two that train each other. */
public interface Job extends AutoCloseable {

  /**
   * Does update number {@code step} (0, 1, ...).
   *
   * @return the loss under {@code loss} and other numbers
   */
  Map<String, Float> step(long step, double learningRate);

  /** Numbers on the validation data, {@code loss} among them; empty if there is none. */
  Map<String, Float> evaluate();

  /** Everything that has to go into a checkpoint, by name. */
  Map<String, TrainingState> states();

  /** Tells this job from others: a checkpoint fits only its own. */
  String fingerprint();

  @Override
  void close();
}
