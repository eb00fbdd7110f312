package dev.sampo.training.autodiff;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.Dims;
import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.training.autodiff.GradientRules.Registry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Products of matrices. */
final class MatMulRules {
  private MatMulRules() {}

  static void register(Registry r) {
    r.add("MatMul", MatMulRules::matMul);
    r.add("Gemm", MatMulRules::gemm);
    r.add("Einsum", MatMulRules::einsum);
    r.addMicrosoft("FusedMatMul", MatMulRules::fusedMatMul);
  }

  private static void matMul(Backward n) {
    Emitter g = n.graph();
    long[] a = n.shape(0);
    long[] b = n.shape(1);
    if (a.length == 1 || b.length == 1) {
      vector(n, a, b);
      return;
    }
    if (b.length == 2) {
      rows(n, a, b);
      return;
    }
    if (n.wants(0)) {
      giveBatched(n, 0, g.matMul(n.grad(), lastTwo(g, n.in(1), b.length)), a, b);
    }
    if (n.wants(1)) {
      giveBatched(n, 1, g.matMul(lastTwo(g, n.in(0), a.length), n.grad()), b, a);
    }
  }

  /** The common case of a layer: x [..., k] times W [k, m]. One matrix product gives dW. */
  private static void rows(Backward n, long[] a, long[] b) {
    Emitter g = n.graph();
    if (n.wants(0)) {
      n.give(0, gemm(g, flat(g, n.grad(), n.outShape(0)), n.in(1), false, true, a));
    }
    if (n.wants(1)) {
      Value x = flat(g, n.in(0), a);
      n.give(1, gemm(g, x, flat(g, n.grad(), n.outShape(0)), true, false, b));
    }
  }

  private static Value flat(Emitter g, Value x, long[] dims) {
    return dims.length == 2 ? x : g.reshape(x, -1, dims[dims.length - 1]);
  }

  private static Value gemm(
      Emitter g, Value a, Value b, boolean transA, boolean transB, long[] dims) {
    List<AttributeProto> attributes =
        List.of(Attr.of("transA", transA ? 1 : 0), Attr.of("transB", transB ? 1 : 0));
    Value y = g.op("Gemm", attributes, a, b);
    return dims.length == 2 ? y : g.reshape(y, dims);
  }

  private static Value lastTwo(Emitter g, Value x, int rank) {
    return g.transpose(x, Dims.swap(rank, rank - 2, rank - 1));
  }

  /** The gradient still has the broadcast batch dimensions; sums them to those of the input. */
  private static void giveBatched(Backward n, int i, Value gradient, long[] own, long[] other) {
    long[] out = n.outShape(0);
    long[] from = out.clone();
    from[out.length - 2] = own[own.length - 2];
    from[out.length - 1] = own[own.length - 1];
    n.give(i, n.sumTo(gradient, from, own));
  }

  private static void vector(Backward n, long[] a, long[] b) {
    Emitter g = n.graph();
    long[] a2 = a.length == 1 ? new long[] {1, a[0]} : a;
    long[] b2 = b.length == 1 ? new long[] {b[0], 1} : b;
    long[] batch =
        a.length == 1 ? Arrays.copyOf(b2, b2.length - 2) : Arrays.copyOf(a2, a2.length - 2);
    long[] full = Dims.concat(batch, new long[] {a2[a2.length - 2], b2[b2.length - 1]});
    Value dy = g.reshape(n.grad(), full);
    if (n.wants(0)) {
      Value right = lastTwo(g, g.reshape(n.in(1), b2), b2.length);
      long[] from = Dims.concat(batch, new long[] {full[batch.length], a2[a2.length - 1]});
      n.give(0, g.reshape(n.sumTo(g.matMul(dy, right), from, a2), a));
    }
    if (n.wants(1)) {
      Value left = lastTwo(g, g.reshape(n.in(0), a2), a2.length);
      long[] from = Dims.concat(batch, new long[] {b2[b2.length - 2], full[batch.length + 1]});
      n.give(1, g.reshape(n.sumTo(g.matMul(left, dy), from, b2), b));
    }
  }

  /** Y = alpha A' B' + beta C. */
  private static void gemm(Backward n) {
    Emitter g = n.graph();
    boolean transA = n.attr("transA", 0) != 0;
    boolean transB = n.attr("transB", 0) != 0;
    float alpha = n.attr("alpha", 1f);
    Value dy = n.grad();
    if (n.wants(0)) {
      n.give(
          0,
          transA
              ? product(g, alpha, n.in(1), transB, dy, true)
              : product(g, alpha, dy, false, n.in(1), !transB));
    }
    if (n.wants(1)) {
      n.give(
          1,
          transB
              ? product(g, alpha, dy, true, n.in(0), transA)
              : product(g, alpha, n.in(0), !transA, dy, false));
    }
    if (n.wants(2)) {
      float beta = n.attr("beta", 1f);
      Value dc = n.sumTo(dy, n.outShape(0), n.shape(2));
      n.give(2, beta == 1 ? dc : g.mul(dc, g.scalar(beta)));
    }
  }

  private static Value product(
      Emitter g, float alpha, Value a, boolean transA, Value b, boolean transB) {
    return g.op(
        "Gemm",
        List.of(
            Attr.of("alpha", alpha),
            Attr.of("transA", transA ? 1 : 0),
            Attr.of("transB", transB ? 1 : 0)),
        a,
        b);
  }

  /** ONNX Runtime's MatMul with transposed inputs and a factor. */
  private static void fusedMatMul(Backward n) {
    Emitter g = n.graph();
    if (n.attr("transBatchA", 0) != 0 || n.attr("transBatchB", 0) != 0) {
      throw n.fail("uses transBatchA or transBatchB, which has no gradient rule");
    }
    boolean transA = n.attr("transA", 0) != 0;
    boolean transB = n.attr("transB", 0) != 0;
    long[] a = n.shape(0);
    long[] b = n.shape(1);
    Value dy = g.mul(n.grad(), g.scalar(n.attr("alpha", 1f)));
    Value dyT = lastTwo(g, dy, n.outShape(0).length);
    Value left = transA ? n.in(0) : lastTwo(g, n.in(0), a.length);
    Value right = transB ? n.in(1) : lastTwo(g, n.in(1), b.length);
    if (n.wants(0)) {
      Value da = transA ? g.matMul(lastTwo(g, right, b.length), dyT) : g.matMul(dy, right);
      giveBatched(n, 0, da, a, b);
    }
    if (n.wants(1)) {
      Value db = transB ? g.matMul(dyT, lastTwo(g, left, a.length)) : g.matMul(left, dy);
      giveBatched(n, 1, db, b, a);
    }
  }

  /**
   * The gradient of an einsum is an einsum with the operand and the output swapped. A letter that only this operand has
   * was summed, so its gradient is repeated along it.
   */
  private static void einsum(Backward n) {
    String equation = n.attr("equation", "").replace(" ", "");
    if (!equation.contains("->") || equation.contains(".")) {
      throw n.fail("has equation '" + equation + "'; only explicit ones without '...' have a rule");
    }
    String output = equation.substring(equation.indexOf("->") + 2);
    List<String> terms =
        Arrays.asList(equation.substring(0, equation.indexOf("->")).split(",", -1));
    for (int i = 0; i < terms.size(); i++) {
      if (n.wants(i)) {
        n.give(i, einsumGradient(n, terms, output, i));
      }
    }
  }

  private static Value einsumGradient(Backward n, List<String> terms, String output, int i) {
    Emitter g = n.graph();
    String own = terms.get(i);
    if (own.chars().distinct().count() != own.length()) {
      throw n.fail("repeats a letter in '" + own + "', which has no gradient rule");
    }
    List<Value> in = new ArrayList<>(List.of(n.grad()));
    StringBuilder left = new StringBuilder(output);
    StringBuilder known = new StringBuilder(output);
    for (int j = 0; j < terms.size(); j++) {
      if (j != i) {
        in.add(n.in(j));
        left.append(',').append(terms.get(j));
        known.append(terms.get(j));
      }
    }
    StringBuilder right = new StringBuilder();
    long[] inserted = n.shape(i);
    for (int k = 0; k < own.length(); k++) {
      if (known.indexOf(String.valueOf(own.charAt(k))) >= 0) {
        right.append(own.charAt(k));
      } else {
        inserted[k] = 1;
      }
    }
    String equation = left + "->" + right;
    Value y = g.node("", "Einsum", List.of(Attr.of("equation", equation)), in, 1).get(0);
    return right.length() == own.length() ? y : g.expand(g.reshape(y, inserted), n.shape(i));
  }
}
