package dev.sampo.onnx;

import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.TensorProto;
import java.util.Arrays;
import java.util.List;

/** Short forms of the operators that losses, optimizers and gradient rules are made of. Values are names. */
public abstract class Emitter {
  Emitter() {}

  /** Appends a node and returns the names of its outputs. */
  public abstract List<String> node(
      String domain, String type, List<AttributeProto> attributes, List<String> in, int outCount);

  /** A constant; small ones are shared. */
  public abstract String constant(TensorProto value);

  /** A node of the default domain with one output. */
  public final String op(String type, String... in) {
    return node("", type, List.of(), Arrays.asList(in), 1).get(0);
  }

  /** A node of the default domain with one output and attributes. */
  public final String op(String type, List<AttributeProto> attributes, String... in) {
    return node("", type, attributes, Arrays.asList(in), 1).get(0);
  }

  /** A float32 scalar. */
  public final String scalar(double value) {
    return constant(Tensors.ofFloats("", new long[0], (float) value));
  }

  /** An int64 scalar. */
  public final String longScalar(long value) {
    return constant(Tensors.ofLongs("", new long[0], value));
  }

  /** An int64 vector. */
  public final String longs(long... values) {
    return constant(Tensors.ofLongs("", new long[] {values.length}, values));
  }

  /** A float32 tensor. */
  public final String floats(long[] dims, float... values) {
    return constant(Tensors.ofFloats("", dims, values));
  }

  public final String add(String a, String b) {
    return op("Add", a, b);
  }

  public final String sub(String a, String b) {
    return op("Sub", a, b);
  }

  public final String mul(String a, String b) {
    return op("Mul", a, b);
  }

  public final String div(String a, String b) {
    return op("Div", a, b);
  }

  public final String neg(String a) {
    return op("Neg", a);
  }

  public final String square(String a) {
    return op("Mul", a, a);
  }

  public final String matMul(String a, String b) {
    return op("MatMul", a, b);
  }

  public final String transpose(String x, long... permutation) {
    for (int i = 0; i < permutation.length; i++) {
      if (permutation[i] != i) {
        return op("Transpose", List.of(Attr.ints("perm", permutation)), x);
      }
    }
    return x;
  }

  public final String reshape(String x, long... dims) {
    return op("Reshape", x, longs(dims));
  }

  public final String expand(String x, long... dims) {
    return op("Expand", x, longs(dims));
  }

  /** Sum over axes; no axes gives x. */
  public final String reduceSum(String x, long[] axes, boolean keepDims) {
    return reduce("ReduceSum", x, axes, keepDims);
  }

  public final String reduceMean(String x, long[] axes, boolean keepDims) {
    return reduce("ReduceMean", x, axes, keepDims);
  }

  private String reduce(String type, String x, long[] axes, boolean keepDims) {
    if (axes.length == 0) {
      return x;
    }
    return op(type, List.of(Attr.of("keepdims", keepDims ? 1 : 0)), x, longs(axes));
  }

  /** Sum over everything: a scalar. */
  public final String sumAll(String x) {
    return op("ReduceSum", List.of(Attr.of("keepdims", 0)), x);
  }

  /** Mean over everything: a scalar. */
  public final String meanAll(String x) {
    return op("ReduceMean", List.of(Attr.of("keepdims", 0)), x);
  }

  public final String cast(String x, TensorProto.DataType type) {
    return op("Cast", List.of(Attr.of("to", type.getNumber())), x);
  }

  public final String toFloat(String x) {
    return cast(x, TensorProto.DataType.FLOAT);
  }

  public final String where(String condition, String a, String b) {
    return op("Where", condition, a, b);
  }

  public final String concat(int axis, List<String> parts) {
    return parts.size() == 1
        ? parts.get(0)
        : node("", "Concat", List.of(Attr.of("axis", axis)), parts, 1).get(0);
  }

  /** x[..., start:end:step, ...] on one axis. */
  public final String slice(String x, int axis, long start, long end) {
    return op("Slice", x, longs(start), longs(end), longs(axis));
  }

  /** Splits one axis into parts of the given sizes. */
  public final List<String> split(String x, int axis, long... sizes) {
    return node(
        "", "Split", List.of(Attr.of("axis", axis)), List.of(x, longs(sizes)), sizes.length);
  }

  /** Zeros of a fixed shape, without storing them. */
  public final String zeros(long... dims) {
    return op("ConstantOfShape", longs(dims));
  }
}
