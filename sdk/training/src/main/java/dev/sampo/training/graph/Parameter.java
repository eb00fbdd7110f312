package dev.sampo.training.graph;

import dev.sampo.onnx.TensorType;

/**
 * A weight of a training graph.
 *
 * @param name the name in the training graph and in checkpoints
 * @param model the model it belongs to
 * @param initializer its name in that model's file; for LoRA the name of the weight it changes
 * @param consumer the operator that uses it, such as {@code MatMul}
 * @param role what it is there for
 */
public record Parameter(
    String name, String model, String initializer, TensorType type, String consumer, Role role) {

  /** What a weight is. */
  public enum Role {
    /** A matrix, a kernel or an embedding. */
    WEIGHT,
    /** A bias, or the scale of a normalization. */
    VECTOR,
    /** The random half of a LoRA pair. */
    LORA_A,
    /** The half of a LoRA pair that starts at zero. */
    LORA_B
  }

  private static final java.util.Set<String> RECURRENT = java.util.Set.of("LSTM", "GRU", "RNN");

  boolean isRecurrent() {
    return RECURRENT.contains(consumer);
  }

  /** How many rows LoRA sees a weight of these dimensions as: its first axis, for recurrent layers directions and gates. */
  long matrixRows(long[] dims) {
    return isRecurrent() ? dims[0] * dims[1] : dims[0];
  }

  public int size() {
    return Math.toIntExact(type.elementCount());
  }
}
