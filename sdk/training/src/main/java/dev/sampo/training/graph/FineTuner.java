package dev.sampo.training.graph;

import dev.sampo.error.SampoException;
import java.util.Map;

/**
 * Trains the weights of a {@link TrainingGraph}, step by step; {@code dev.sampo.training.run.FineTuners} opens one. Made for one thread: a second one
 * waits for the first. After {@link #close} every call is a {@code ClosedException}.
 *
 * <p>Both back ends compute the same: the same losses to rounding, and a {@link TrainingState} of one goes on in the other.
 */
public interface FineTuner extends AutoCloseable {

  TrainingGraph graph();

  /**
   * One micro-batch: the gradient and, once enough have come together, an update.
   *
   * @throws NonFiniteLossException if the loss is NaN or infinite; the weights did not move
   */
  StepResult step(Batch batch, double learningRate);

  /** The loss ({@code "loss"}) and the metrics of a batch, without a gradient. */
  Map<String, Float> evaluate(Batch batch);

  /** Updates done. */
  long steps();

  /** A copy of everything that the run carries. */
  TrainingState state();

  /** The trained weights one after the other, for another run's {@link TrainingGraph.Builder#live} model. */
  default float[] weights(java.util.List<Parameter> order) {
    Map<String, float[]> values = state().values();
    int size = order.stream().mapToInt(Parameter::size).sum();
    float[] result = new float[size];
    int at = 0;
    for (Parameter p : order) {
      float[] value = values.get(p.name());
      if (value == null) {
        throw new SampoException("This run does not train '" + p.name() + "'.");
      }
      System.arraycopy(value, 0, result, at, value.length);
      at += value.length;
    }
    return result;
  }

  @Override
  void close();
}
