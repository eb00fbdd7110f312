package dev.sampo.training.graph;

import dev.sampo.onnx.Value;

/**
 * What is minimised: runs the models and emits a loss with the operators of {@link Scope#graph()}. Everything of
 * {@code dev.sampo.training.loss} is written this way, and so can a user's own.
 */
@FunctionalInterface
public interface Objective {
  /**
   * Emits the forward pass and the loss.
   *
   * @return the loss, one float32 number
   */
  Value emit(Scope scope);
}
