package dev.sampo.training.autodiff;

import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Value;
import dev.sampo.training.autodiff.GradientRules.Registry;

/** Arithmetic element by element, with broadcasting. */
final class ElementwiseRules {
  private ElementwiseRules() {}

  static void register(Registry r) {
    r.add("Add", ElementwiseRules::add);
    r.add("Sub", ElementwiseRules::sub);
    r.add("Mul", ElementwiseRules::mul);
    r.add("Div", ElementwiseRules::div);
    r.add("Pow", ElementwiseRules::pow);
    r.add("Sum", ElementwiseRules::sum);
    r.add("Mean", ElementwiseRules::mean);
    r.add("Max", n -> extreme(n, "GreaterOrEqual"));
    r.add("Min", n -> extreme(n, "LessOrEqual"));
    r.add("Where", ElementwiseRules::where);
    r.add("Clip", ElementwiseRules::clip);
    r.add("Identity", n -> n.give(0, n.grad()));
    r.add("Cast", n -> n.give(0, n.graph().toFloat(n.grad())));
    unary(r, "Neg", (g, n, dy) -> g.neg(dy));
    unary(r, "Sqrt", (g, n, dy) -> g.div(g.mul(dy, g.scalar(0.5)), n.out(0)));
    unary(r, "Exp", (g, n, dy) -> g.mul(dy, n.out(0)));
    unary(r, "Log", (g, n, dy) -> g.div(dy, n.in(0)));
    unary(r, "Abs", (g, n, dy) -> g.mul(dy, g.op("Sign", n.in(0))));
    unary(r, "Reciprocal", (g, n, dy) -> g.neg(g.mul(dy, g.square(n.out(0)))));
    unary(r, "Sin", (g, n, dy) -> g.mul(dy, g.op("Cos", n.in(0))));
    unary(r, "Cos", (g, n, dy) -> g.neg(g.mul(dy, g.op("Sin", n.in(0)))));
    unary(r, "Erf", ElementwiseRules::erf);
    for (String flat : new String[] {"Floor", "Ceil", "Round", "Sign"}) {
      r.add(flat, n -> {});
    }
  }

  /** A gradient of a function of one tensor. */
  interface Unary {
    Value gradient(GraphBuilder g, Backward n, Value dy);
  }

  static void unary(Registry r, String opType, Unary rule) {
    r.add(
        opType,
        n -> {
          if (n.wants(0)) {
            n.give(0, rule.gradient(n.graph(), n, n.grad()));
          }
        });
  }

  private static void add(Backward n) {
    n.giveReduced(0, n.grad());
    n.giveReduced(1, n.grad());
  }

  private static void sub(Backward n) {
    n.giveReduced(0, n.grad());
    if (n.wants(1)) {
      n.give(1, n.graph().neg(n.sumTo(n.grad(), n.outShape(0), n.shape(1))));
    }
  }

  private static void mul(Backward n) {
    Emitter g = n.graph();
    if (n.wants(0)) {
      n.giveReduced(0, g.mul(n.grad(), n.in(1)));
    }
    if (n.wants(1)) {
      n.giveReduced(1, g.mul(n.grad(), n.in(0)));
    }
  }

  /** d(a/b) = da/b - db a/b^2 = (da - db y)/b. */
  private static void div(Backward n) {
    Emitter g = n.graph();
    Value q = g.div(n.grad(), n.in(1));
    n.giveReduced(0, q);
    if (n.wants(1)) {
      n.giveReduced(1, g.neg(g.mul(q, n.out(0))));
    }
  }

  /** d(a^b) = b a^(b-1) da + a^b log(a) db; log(a) of a <= 0 counts as 0. */
  private static void pow(Backward n) {
    Emitter g = n.graph();
    if (n.wants(0)) {
      Value b = n.type(1).isFloat() ? n.in(1) : g.toFloat(n.in(1));
      Value slope = g.mul(b, g.op("Pow", n.in(0), g.sub(b, g.scalar(1))));
      n.giveReduced(0, g.mul(n.grad(), slope));
    }
    if (n.wants(1)) {
      Value positive = g.op("Greater", n.in(0), g.scalar(0));
      Value log = g.op("Log", g.where(positive, n.in(0), g.scalar(1)));
      n.giveReduced(1, g.mul(n.grad(), g.mul(n.out(0), log)));
    }
  }

  private static void sum(Backward n) {
    for (int i = 0; i < n.inCount(); i++) {
      n.giveReduced(i, n.grad());
    }
  }

  private static void mean(Backward n) {
    Value share = n.graph().mul(n.grad(), n.graph().scalar(1.0 / n.inCount()));
    for (int i = 0; i < n.inCount(); i++) {
      n.giveReduced(i, share);
    }
  }

  /** Ties share the gradient evenly. */
  private static void extreme(Backward n, String reaches) {
    Emitter g = n.graph();
    Value ties = null;
    Value[] hit = new Value[n.inCount()];
    for (int i = 0; i < n.inCount(); i++) {
      hit[i] = g.toFloat(g.op(reaches, n.in(i), n.out(0)));
      ties = ties == null ? hit[i] : g.add(ties, hit[i]);
    }
    if (ties == null) {
      return;
    }
    Value share = g.div(n.grad(), ties);
    for (int i = 0; i < n.inCount(); i++) {
      if (n.wants(i)) {
        n.giveReduced(i, g.mul(share, hit[i]));
      }
    }
  }

  private static void where(Backward n) {
    Emitter g = n.graph();
    Value zero = g.scalar(0);
    if (n.wants(1)) {
      n.giveReduced(1, g.where(n.in(0), n.grad(), zero));
    }
    if (n.wants(2)) {
      n.giveReduced(2, g.where(n.in(0), zero, n.grad()));
    }
  }

  /** As PyTorch's clamp: the gradient passes where min <= x <= max. */
  private static void clip(Backward n) {
    Emitter g = n.graph();
    Value dy = n.grad();
    if (n.has(1)) {
      dy = g.where(g.op("GreaterOrEqual", n.in(0), n.in(1)), dy, g.scalar(0));
    }
    if (n.has(2)) {
      dy = g.where(g.op("LessOrEqual", n.in(0), n.in(2)), dy, g.scalar(0));
    }
    n.give(0, dy);
  }

  /** d erf(x) = 2/sqrt(pi) exp(-x^2). */
  private static Value erf(GraphBuilder g, Backward n, Value dy) {
    Value bell = g.op("Exp", g.neg(g.square(n.in(0))));
    return g.mul(dy, g.mul(bell, g.scalar(2 / Math.sqrt(Math.PI))));
  }
}
