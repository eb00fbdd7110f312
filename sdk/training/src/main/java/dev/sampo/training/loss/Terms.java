package dev.sampo.training.loss;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.Dims;
import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.training.graph.Scope;
import java.util.List;

/** Loss terms as emitted operators; values are names. The pieces that objectives are made of. */
public final class Terms {
  /** PyTorch's default for labels that do not count. */
  public static final long IGNORE_INDEX = -100;

  private Terms() {}

  /**
   * Mean cross-entropy as PyTorch's {@code F.cross_entropy}.
   *
   * @param logits [..., classes]
   * @param labels int64 [...]; places equal to {@code ignoreIndex} do not count
   * @param smoothing label smoothing
   */
  public static Value crossEntropy(
      Scope s, Value logits, Value labels, long ignoreIndex, double smoothing) {
    Emitter g = s.graph();
    TensorType type = s.type(logits);
    long classes = type.dim(-1);
    long rows = type.elementCount() / classes;
    Value flat = type.rank() == 2 ? logits : g.reshape(logits, rows, classes);
    Value target = g.reshape(labels, rows, 1);
    Value counts = g.op("Not", g.op("Equal", target, g.longScalar(ignoreIndex)));
    Value safe = g.where(counts, target, g.longScalar(0));
    Value mask = g.toFloat(counts);
    Value logp = g.op("LogSoftmax", List.of(Attr.of("axis", 1)), flat);
    Value picked = g.op("GatherElements", List.of(Attr.of("axis", 1)), logp, safe);
    Value total = g.op("Max", g.sumAll(mask), g.scalar(1));
    Value nll = g.neg(g.div(g.sumAll(g.mul(picked, mask)), total));
    if (smoothing == 0) {
      return nll;
    }
    Value spread = g.reduceMean(logp, new long[] {1}, true);
    Value uniform = g.neg(g.div(g.sumAll(g.mul(spread, mask)), total));
    return g.add(g.mul(nll, g.scalar(1 - smoothing)), g.mul(uniform, g.scalar(smoothing)));
  }

  /** The share of places whose largest logit is the label. */
  public static Value accuracy(Scope s, Value logits, Value labels) {
    Emitter g = s.graph();
    Value best = g.op("ArgMax", List.of(Attr.of("axis", -1), Attr.of("keepdims", 0)), logits);
    return g.meanAll(g.toFloat(g.op("Equal", best, labels)));
  }

  /** Mean squared error over all elements. */
  public static Value mse(Scope s, Value prediction, Value target) {
    Emitter g = s.graph();
    return g.meanAll(g.square(g.sub(prediction, target)));
  }

  /** Mean absolute error. */
  public static Value l1(Scope s, Value prediction, Value target) {
    Emitter g = s.graph();
    return g.meanAll(g.op("Abs", g.sub(prediction, target)));
  }

  /** PyTorch's huber_loss: d^2/2 within delta, delta (|d| - delta/2) beyond. */
  public static Value huber(Scope s, Value prediction, Value target, double delta) {
    Emitter g = s.graph();
    Value distance = g.op("Abs", g.sub(prediction, target));
    Value near = g.op("Min", distance, g.scalar(delta));
    // near (distance - near/2) is both branches at once.
    return g.meanAll(g.mul(near, g.sub(distance, g.mul(near, g.scalar(0.5)))));
  }

  /** Binary cross-entropy with logits, stable: softplus(x) - x t. Shape of the input. */
  public static Value bceWithLogitsEach(Scope s, Value logits, Value target) {
    Emitter g = s.graph();
    return g.sub(g.op("Softplus", logits), g.mul(logits, target));
  }

  /** Mean binary cross-entropy with logits. */
  public static Value bceWithLogits(Scope s, Value logits, Value target) {
    return s.graph().meanAll(bceWithLogitsEach(s, logits, target));
  }

  /** KL(N(mean, e^logvar) || N(0, 1)) summed over latents, averaged over the batch. Kingma and Welling, arXiv:1312.6114. */
  public static Value gaussianKl(Scope s, Value mean, Value logvar) {
    Emitter g = s.graph();
    long batch = s.type(mean).dim(0);
    Value inner = g.sub(g.add(g.square(mean), g.op("Exp", logvar)), g.add(logvar, g.scalar(1)));
    return g.mul(g.sumAll(inner), g.scalar(0.5 / batch));
  }

  /** Sums all but the first axis, then averages over it: a per-sample sum. */
  public static Value sumPerSample(Scope s, Value values) {
    return s.graph().mul(s.graph().sumAll(values), s.graph().scalar(1.0 / s.type(values).dim(0)));
  }

  /** Mean over all but the first axis: one number a sample. */
  public static Value meanPerSample(Scope s, Value values) {
    return s.graph().reduceMean(values, Dims.range(1, s.type(values).rank()), false);
  }
}
