package dev.sampo.training.autodiff;

/** The gradient of one operator: reads the gradients of a node's outputs and adds those of its inputs. */
@FunctionalInterface
public interface GradientRule {
  void backward(Backward node);
}
