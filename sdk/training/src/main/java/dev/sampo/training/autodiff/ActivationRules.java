package dev.sampo.training.autodiff;

import dev.sampo.onnx.Dims;
import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Value;
import dev.sampo.training.autodiff.GradientRules.Registry;

/** Activations and softmax. */
final class ActivationRules {
  private static final double SQRT_HALF = Math.sqrt(0.5);
  private static final double BELL = 1 / Math.sqrt(2 * Math.PI);

  private ActivationRules() {}

  static void register(Registry r) {
    ElementwiseRules.unary(r, "Relu", (g, n, dy) -> keepPositive(g, n.out(0), dy));
    ElementwiseRules.unary(r, "ThresholdedRelu", (g, n, dy) -> keepPositive(g, n.out(0), dy));
    ElementwiseRules.unary(
        r, "LeakyRelu", (g, n, dy) -> slope(g, n.in(0), dy, n.attr("alpha", 0.01f)));
    r.add("PRelu", ActivationRules::prelu);
    ElementwiseRules.unary(r, "Elu", ActivationRules::elu);
    ElementwiseRules.unary(r, "Selu", ActivationRules::selu);
    ElementwiseRules.unary(r, "Celu", ActivationRules::celu);
    ElementwiseRules.unary(r, "Sigmoid", (g, n, dy) -> g.mul(dy, sigmoidSlope(g, n.out(0))));
    ElementwiseRules.unary(
        r, "Tanh", (g, n, dy) -> g.mul(dy, g.sub(g.scalar(1), g.square(n.out(0)))));
    ElementwiseRules.unary(r, "Softplus", (g, n, dy) -> g.mul(dy, g.op("Sigmoid", n.in(0))));
    ElementwiseRules.unary(r, "Softsign", ActivationRules::softsign);
    ElementwiseRules.unary(r, "HardSigmoid", ActivationRules::hardSigmoid);
    ElementwiseRules.unary(r, "HardSwish", ActivationRules::hardSwish);
    ElementwiseRules.unary(r, "Mish", ActivationRules::mish);
    ElementwiseRules.unary(r, "Swish", (g, n, dy) -> swish(g, n.in(0), dy, n.attr("alpha", 1f)));
    ElementwiseRules.unary(
        r,
        "Gelu",
        (g, n, dy) ->
            n.attr("approximate", "none").equals("tanh")
                ? tanhGelu(g, n.in(0), dy)
                : gelu(g, n.in(0), dy));
    r.addMicrosoft("Gelu", n -> n.give(0, gelu(n.graph(), n.in(0), n.grad())));
    r.addMicrosoft("FastGelu", n -> biased(n, ActivationRules::tanhGelu));
    r.addMicrosoft("BiasGelu", n -> biased(n, ActivationRules::gelu));
    r.addMicrosoft(
        "QuickGelu", n -> n.give(0, swish(n.graph(), n.in(0), n.grad(), n.attr("alpha", 1.702f))));
    r.add("Softmax", ActivationRules::softmax);
    r.add("LogSoftmax", ActivationRules::logSoftmax);
  }

  private static Value keepPositive(Emitter g, Value sign, Value dy) {
    return g.where(g.op("Greater", sign, g.scalar(0)), dy, g.scalar(0));
  }

  private static Value slope(Emitter g, Value x, Value dy, double alpha) {
    return g.where(g.op("Greater", x, g.scalar(0)), dy, g.mul(dy, g.scalar(alpha)));
  }

  private static void prelu(Backward n) {
    Emitter g = n.graph();
    Value positive = g.op("Greater", n.in(0), g.scalar(0));
    if (n.wants(0)) {
      n.give(0, g.where(positive, n.grad(), g.mul(n.grad(), n.in(1))));
    }
    if (n.wants(1)) {
      n.giveReduced(1, g.where(positive, g.scalar(0), g.mul(n.grad(), n.in(0))));
    }
  }

  /** y = alpha (e^x - 1) below zero, so its slope there is y + alpha. */
  private static Value elu(GraphBuilder g, Backward n, Value dy) {
    Value below = g.add(n.out(0), g.scalar(n.attr("alpha", 1f)));
    return g.mul(dy, g.where(g.op("Greater", n.in(0), g.scalar(0)), g.scalar(1), below));
  }

  private static Value selu(GraphBuilder g, Backward n, Value dy) {
    double alpha = n.attr("alpha", 1.67326319217681884765625f);
    double gamma = n.attr("gamma", 1.05070102214813232421875f);
    Value below = g.add(n.out(0), g.scalar(alpha * gamma));
    return g.mul(dy, g.where(g.op("Greater", n.in(0), g.scalar(0)), g.scalar(gamma), below));
  }

  /** Slope below zero: e^(x/alpha) = y/alpha + 1. */
  private static Value celu(GraphBuilder g, Backward n, Value dy) {
    Value below = g.add(g.mul(n.out(0), g.scalar(1.0 / n.attr("alpha", 1f))), g.scalar(1));
    return g.mul(dy, g.where(g.op("Greater", n.in(0), g.scalar(0)), g.scalar(1), below));
  }

  private static Value sigmoidSlope(Emitter g, Value y) {
    return g.mul(y, g.sub(g.scalar(1), y));
  }

  private static Value softsign(GraphBuilder g, Backward n, Value dy) {
    return g.div(dy, g.square(g.add(g.scalar(1), g.op("Abs", n.in(0)))));
  }

  private static Value hardSigmoid(GraphBuilder g, Backward n, Value dy) {
    Value inside =
        g.op("And", g.op("Greater", n.out(0), g.scalar(0)), g.op("Less", n.out(0), g.scalar(1)));
    return g.where(inside, g.mul(dy, g.scalar(n.attr("alpha", 0.2f))), g.scalar(0));
  }

  /** x min(max(x/6 + 1/2, 0), 1): slope 0 below -3, 1 above 3, x/3 + 1/2 between. */
  private static Value hardSwish(GraphBuilder g, Backward n, Value dy) {
    Value x = n.in(0);
    Value middle = g.add(g.mul(x, g.scalar(1.0 / 3)), g.scalar(0.5));
    Value upper = g.where(g.op("GreaterOrEqual", x, g.scalar(3)), g.scalar(1), middle);
    Value slope = g.where(g.op("LessOrEqual", x, g.scalar(-3)), g.scalar(0), upper);
    return g.mul(dy, slope);
  }

  /** y = x t, t = tanh(softplus(x)): slope t + x (1 - t^2) sigmoid(x). */
  private static Value mish(GraphBuilder g, Backward n, Value dy) {
    Value x = n.in(0);
    Value t = g.op("Tanh", g.op("Softplus", x));
    Value inner = g.mul(g.sub(g.scalar(1), g.square(t)), g.op("Sigmoid", x));
    return g.mul(dy, g.add(t, g.mul(x, inner)));
  }

  /** y = x s, s = sigmoid(a x): slope s + a x s (1 - s). */
  private static Value swish(Emitter g, Value x, Value dy, double a) {
    Value ax = a == 1 ? x : g.mul(x, g.scalar(a));
    Value s = g.op("Sigmoid", ax);
    return g.mul(dy, g.add(s, g.mul(ax, sigmoidSlope(g, s))));
  }

  /** Phi(x) + x phi(x). */
  private static Value gelu(Emitter g, Value x, Value dy) {
    Value half = g.scalar(0.5);
    Value cdf = g.add(half, g.mul(half, g.op("Erf", g.mul(x, g.scalar(SQRT_HALF)))));
    Value bell = g.op("Exp", g.mul(g.square(x), g.scalar(-0.5)));
    Value pdf = g.mul(bell, g.scalar(BELL));
    return g.mul(dy, g.add(cdf, g.mul(x, pdf)));
  }

  /** y = x/2 (1 + t), t = tanh(c (x + 0.044715 x^3)), c = sqrt(2/pi). */
  private static Value tanhGelu(Emitter g, Value x, Value dy) {
    double c = Math.sqrt(2 / Math.PI);
    Value x2 = g.square(x);
    Value u = g.mul(x, g.add(g.scalar(c), g.mul(x2, g.scalar(c * 0.044715))));
    Value t = g.op("Tanh", u);
    Value du = g.add(g.scalar(c), g.mul(x2, g.scalar(3 * c * 0.044715)));
    Value second = g.mul(g.mul(x, g.sub(g.scalar(1), g.square(t))), du);
    Value twice = g.add(g.add(g.scalar(1), t), second);
    return g.mul(dy, g.mul(twice, g.scalar(0.5)));
  }

  private interface Slope {
    Value gradient(Emitter g, Value x, Value dy);
  }

  private static void biased(Backward n, Slope slope) {
    Emitter g = n.graph();
    Value x = n.has(1) ? g.add(n.in(0), n.in(1)) : n.in(0);
    Value dx = slope.gradient(g, x, n.grad());
    n.give(0, dx);
    n.giveReduced(1, dx);
  }

  /** dx = y (dy - sum(dy y)). */
  private static void softmax(Backward n) {
    Emitter g = n.graph();
    long[] axis = {Dims.normalize(n.attr("axis", -1), n.rank(0))};
    Value weighted = g.mul(n.grad(), n.out(0));
    Value sum = g.reduceSum(weighted, axis, true);
    n.give(0, g.sub(weighted, g.mul(n.out(0), sum)));
  }

  /** dx = dy - softmax(x) sum(dy). */
  private static void logSoftmax(Backward n) {
    Emitter g = n.graph();
    long[] axis = {Dims.normalize(n.attr("axis", -1), n.rank(0))};
    Value sum = g.reduceSum(n.grad(), axis, true);
    n.give(0, g.sub(n.grad(), g.mul(g.op("Exp", n.out(0)), sum)));
  }
}
