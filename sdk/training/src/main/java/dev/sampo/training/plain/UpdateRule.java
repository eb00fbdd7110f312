package dev.sampo.training.plain;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.training.graph.OptimizerConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of the optimizers as standard operators, for weights of any shape. What depends on the step and on the
 * learning rate comes in as scalars, see {@link #scalars}.
 */
public final class UpdateRule {
  private static final Value RATE = new Value("sampo.rate");
  private static final Value DECAYED = new Value("sampo.decayed");
  private static final Value ROOT = new Value("sampo.root_correction");
  private static final Value KEEP = new Value("sampo.ema_keep");

  /** Names of the scalar inputs. */
  public static final List<String> SCALARS = Value.names(List.of(RATE, DECAYED, ROOT, KEEP));

  private UpdateRule() {}

  /**
   * A weight's values; a moment or an average that the optimizer does not have is null.
   *
   * @param first AdamW's first moment or SGD's momentum
   * @param second AdamW's second moment
   * @param average the moving average
   */
  public record Values(
      Value weight, @Nullable Value first, @Nullable Value second, @Nullable Value average) {}

  /** The numbers of one update; {@code step} counts from 1. */
  public static Map<String, Float> scalars(
      OptimizerConfig optimizer, long step, double learningRate) {
    boolean adam = optimizer.kind() == OptimizerConfig.Kind.ADAMW;
    double correction1 = 1 - Math.pow(optimizer.beta1(), (double) step);
    double correction2 = 1 - Math.pow(optimizer.beta2(), (double) step);
    double decay = optimizer.weightDecay();
    // A rate of zero would divide by zero in the graph.
    double rate = Math.max(learningRate / correction1, 1e-30);
    Map<String, Float> result = new LinkedHashMap<>();
    result.put(RATE.name(), (float) (adam ? optimizer.epsilon() / rate : learningRate));
    result.put(DECAYED.name(), (float) (adam ? 1 - learningRate * decay : decay));
    result.put(ROOT.name(), (float) (1 / Math.sqrt(correction2) / rate));
    // Early steps average less: what is averaged starts far from where it ends.
    result.put(KEEP.name(), (float) Math.min(optimizer.emaDecay(), (1.0 + step) / (10.0 + step)));
    return result;
  }

  /** The length of the mean gradient: the gradients are sums over the micro-batches of an update. */
  public static Value norm(Emitter g, List<Value> gradients, double share) {
    List<Value> squares = new ArrayList<>();
    for (Value gradient : gradients) {
      List<AttributeProto> scalar = List.of(Attr.of("keepdims", 0));
      squares.add(g.op("ReduceSumSquare", scalar, gradient));
    }
    Value norm = g.op("Sqrt", g.node("", "Sum", List.of(), squares, 1).get(0));
    return share == 1 ? norm : g.mul(norm, g.scalar(share));
  }

  /** As PyTorch's clip_grad_norm_: max_norm / (norm + 1e-6), at most 1. */
  public static Value clipFactor(Emitter g, Value norm, double maxGradNorm) {
    Value ratio = g.div(g.scalar(maxGradNorm), g.add(norm, g.scalar(1e-6)));
    return g.op("Min", ratio, g.scalar(1));
  }

  /**
   * Emits the update of one weight.
   *
   * @param now values before it
   * @param gradient the averaged and clipped gradient
   * @param decays whether weight decay applies
   * @return values after it
   */
  public static Values emit(
      Emitter g, OptimizerConfig config, Values now, Value gradient, boolean decays) {
    Values next =
        config.kind() == OptimizerConfig.Kind.ADAMW
            ? adamW(g, config, now, gradient, decays)
            : sgd(g, config, now, gradient, decays);
    Value weight = next.weight;
    if (config.weightClip() > 0) {
      double bound = config.weightClip();
      weight = g.op("Clip", weight, g.scalar(-bound), g.scalar(bound));
    }
    Value average = now.average;
    if (average != null) {
      Value share = g.sub(g.scalar(1), KEEP);
      average = g.add(g.mul(average, KEEP), g.mul(weight, share));
    }
    return new Values(weight, next.first, next.second, average);
  }

  /**
   * m = b1 m + (1-b1) g, v = b2 v + (1-b2) g^2, p = p (1 - lr wd) - lr/(1-b1^t) m / (sqrt(v)/sqrt(1-b2^t) + eps). With
   * rate = lr/(1-b1^t) divided into the denominator, the inputs are decayed = 1 - lr wd,
   * root_correction = 1/sqrt(1-b2^t)/rate and rate = eps/rate: one operator less over all weights.
   */
  private static Values adamW(
      Emitter g, OptimizerConfig config, Values now, Value gradient, boolean decays) {
    double b1 = config.beta1();
    double b2 = config.beta2();
    Value m = g.add(g.mul(need(now.first), g.scalar(b1)), g.mul(gradient, g.scalar(1 - b1)));
    Value square = g.square(gradient);
    Value v = g.add(g.mul(need(now.second), g.scalar(b2)), g.mul(square, g.scalar(1 - b2)));
    Value root = g.mul(g.op("Sqrt", v), ROOT);
    Value way = g.div(m, g.add(root, RATE));
    Value kept = decays ? g.mul(now.weight, DECAYED) : now.weight;
    return new Values(g.sub(kept, way), m, v, null);
  }

  /** b = mu b + (g + wd p), p = p - lr b; without momentum b stays as it was. The inputs: rate = lr, decayed = wd. */
  private static Values sgd(
      Emitter g, OptimizerConfig config, Values now, Value gradient, boolean decays) {
    Value way = decays ? g.add(gradient, g.mul(now.weight, DECAYED)) : gradient;
    double momentum = config.momentum();
    if (momentum == 0) {
      return new Values(g.sub(now.weight, g.mul(way, RATE)), now.first, null, null);
    }
    Value b = g.add(g.mul(need(now.first), g.scalar(momentum)), way);
    return new Values(g.sub(now.weight, g.mul(b, RATE)), b, null, null);
  }

  private static Value need(@Nullable Value value) {
    return java.util.Objects.requireNonNull(value, "a moment that this optimizer needs");
  }
}
