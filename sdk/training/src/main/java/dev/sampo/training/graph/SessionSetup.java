package dev.sampo.training.graph;

/**
 * How graphs are run.
 *
 * @param threads of one operator; 0 lets ONNX Runtime choose
 */
public record SessionSetup(int threads) {
  public static SessionSetup defaults() {
    return new SessionSetup(0);
  }
}
