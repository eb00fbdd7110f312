package dev.sampo.training.graph;

import dev.sampo.error.RequestException;

/**
 * How weights follow their gradients. Spelling and defaults are PyTorch's.
 *
 * @param kind AdamW (Loshchilov and Hutter 2017, arXiv:1711.05101) or SGD
 * @param beta1 AdamW's decay of the first moment
 * @param beta2 AdamW's decay of the second moment
 * @param epsilon AdamW's guard against division by zero
 * @param weightDecay decoupled for AdamW, added to the gradient for SGD
 * @param decayVectors whether biases and the scales of normalizations decay too
 * @param momentum of SGD
 * @param maxGradNorm gradients longer than this (over all weights) are scaled down to it; 0 does not clip
 * @param accumulation micro-batches an update, whose gradients are averaged
 * @param emaDecay keeps an exponential moving average of the weights; 0 keeps none
 * @param weightClip after each update every trained weight is kept in [-weightClip, weightClip], which a Wasserstein
 *     critic needs (Arjovsky et al. 2017, arXiv:1701.07875: 0.01); 0 does not clip
 */
public record OptimizerConfig(
    Kind kind,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    boolean decayVectors,
    double momentum,
    double maxGradNorm,
    int accumulation,
    double emaDecay,
    double weightClip) {

  /** Which rule. */
  public enum Kind {
    ADAMW,
    SGD
  }

  public OptimizerConfig {
    if (accumulation < 1) {
      throw new RequestException(
          "accumulation", "accumulation has to be at least 1 (got " + accumulation + ").");
    }
    check("beta1", beta1, 0, 1);
    check("beta2", beta2, 0, 1);
    check("momentum", momentum, 0, 1);
    check("emaDecay", emaDecay, 0, 1);
    if (!(weightDecay >= 0 && maxGradNorm >= 0 && epsilon >= 0 && weightClip >= 0)) {
      throw new RequestException(
          null,
          "weightDecay, maxGradNorm, epsilon and weightClip have to be 0 or more (got "
              + weightDecay
              + ", "
              + maxGradNorm
              + ", "
              + epsilon
              + ", "
              + weightClip
              + ").");
    }
  }

  private static void check(String name, double value, double low, double high) {
    if (!(value >= low && value < high)) {
      throw new RequestException(
          name, name + " has to be in [" + low + ", " + high + ") (got " + value + ").");
    }
  }

  /** PyTorch's AdamW: beta 0.9 and 0.999, weight decay 0.01 on everything. */
  public static OptimizerConfig adamW() {
    return new OptimizerConfig(Kind.ADAMW, 0.9, 0.999, 1e-8, 0.01, true, 0, 0, 1, 0, 0);
  }

  /** Plain gradient descent. */
  public static OptimizerConfig sgd() {
    return new OptimizerConfig(Kind.SGD, 0.9, 0.999, 1e-8, 0, true, 0, 0, 1, 0, 0);
  }

  public OptimizerConfig withBetas(double first, double second) {
    Copy copy = new Copy(this);
    copy.beta1 = first;
    copy.beta2 = second;
    return copy.config();
  }

  public OptimizerConfig withWeightDecay(double value) {
    Copy copy = new Copy(this);
    copy.weightDecay = value;
    return copy.config();
  }

  public OptimizerConfig withDecayVectors(boolean value) {
    Copy copy = new Copy(this);
    copy.decayVectors = value;
    return copy.config();
  }

  public OptimizerConfig withMomentum(double value) {
    Copy copy = new Copy(this);
    copy.momentum = value;
    return copy.config();
  }

  public OptimizerConfig withMaxGradNorm(double value) {
    Copy copy = new Copy(this);
    copy.maxGradNorm = value;
    return copy.config();
  }

  public OptimizerConfig withAccumulation(int value) {
    Copy copy = new Copy(this);
    copy.accumulation = value;
    return copy.config();
  }

  public OptimizerConfig withEmaDecay(double value) {
    Copy copy = new Copy(this);
    copy.emaDecay = value;
    return copy.config();
  }

  public OptimizerConfig withWeightClip(double value) {
    Copy copy = new Copy(this);
    copy.weightClip = value;
    return copy.config();
  }

  /** Whether weight decay applies to a weight. */
  public boolean decays(Parameter parameter) {
    return weightDecay > 0 && (decayVectors || parameter.role() != Parameter.Role.VECTOR);
  }

  /** Whether there are weights that decay and weights that do not. */
  public boolean hasDecayGroups(TrainingGraph graph) {
    return graph.parameters().values().stream().map(this::decays).distinct().count() > 1;
  }

  /** The fields of one, to change some of. */
  private static final class Copy {
    final Kind kind;
    double beta1;
    double beta2;
    final double epsilon;
    double weightDecay;
    boolean decayVectors;
    double momentum;
    double maxGradNorm;
    int accumulation;
    double emaDecay;
    double weightClip;

    Copy(OptimizerConfig config) {
      kind = config.kind;
      beta1 = config.beta1;
      beta2 = config.beta2;
      epsilon = config.epsilon;
      weightDecay = config.weightDecay;
      decayVectors = config.decayVectors;
      momentum = config.momentum;
      maxGradNorm = config.maxGradNorm;
      accumulation = config.accumulation;
      emaDecay = config.emaDecay;
      weightClip = config.weightClip;
    }

    OptimizerConfig config() {
      return new OptimizerConfig(
          kind,
          beta1,
          beta2,
          epsilon,
          weightDecay,
          decayVectors,
          momentum,
          maxGradNorm,
          accumulation,
          emaDecay,
          weightClip);
    }
  }
}
