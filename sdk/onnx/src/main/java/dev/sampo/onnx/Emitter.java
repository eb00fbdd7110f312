package dev.sampo.onnx;

import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.TensorProto;
import java.util.Arrays;
import java.util.List;

/** Short forms of the operators that losses, optimizers and gradient rules are made of. */
public abstract class Emitter {
  Emitter() {}

  /** Appends a node and returns its outputs. */
  public abstract List<Value> node(
      String domain, String type, List<AttributeProto> attributes, List<Value> in, int outCount);

  /** A constant; small ones are shared. */
  public abstract Value constant(TensorProto value);

  /** A node of the default domain with one output. */
  public final Value op(String type, Value... in) {
    return node("", type, List.of(), Arrays.asList(in), 1).get(0);
  }

  /** A node of the default domain with one output and attributes. */
  public final Value op(String type, List<AttributeProto> attributes, Value... in) {
    return node("", type, attributes, Arrays.asList(in), 1).get(0);
  }

  /** A float32 scalar. */
  public final Value scalar(double value) {
    return constant(Tensors.ofFloats("", new long[0], (float) value));
  }

  /** An int64 scalar. */
  public final Value longScalar(long value) {
    return constant(Tensors.ofLongs("", new long[0], value));
  }

  /** An int64 vector. */
  public final Value longs(long... values) {
    return constant(Tensors.ofLongs("", new long[] {values.length}, values));
  }

  /** A float32 tensor. */
  public final Value floats(long[] dims, float... values) {
    return constant(Tensors.ofFloats("", dims, values));
  }

  public final Value add(Value a, Value b) {
    return op("Add", a, b);
  }

  public final Value sub(Value a, Value b) {
    return op("Sub", a, b);
  }

  public final Value mul(Value a, Value b) {
    return op("Mul", a, b);
  }

  public final Value div(Value a, Value b) {
    return op("Div", a, b);
  }

  public final Value neg(Value a) {
    return op("Neg", a);
  }

  public final Value square(Value a) {
    return op("Mul", a, a);
  }

  public final Value matMul(Value a, Value b) {
    return op("MatMul", a, b);
  }

  public final Value transpose(Value x, long... permutation) {
    for (int i = 0; i < permutation.length; i++) {
      if (permutation[i] != i) {
        return op("Transpose", List.of(Attr.ints("perm", permutation)), x);
      }
    }
    return x;
  }

  public final Value reshape(Value x, long... dims) {
    return op("Reshape", x, longs(dims));
  }

  public final Value expand(Value x, long... dims) {
    return op("Expand", x, longs(dims));
  }

  /** Sum over axes; no axes gives x. */
  public final Value reduceSum(Value x, long[] axes, boolean keepDims) {
    return reduce("ReduceSum", x, axes, keepDims);
  }

  public final Value reduceMean(Value x, long[] axes, boolean keepDims) {
    return reduce("ReduceMean", x, axes, keepDims);
  }

  private Value reduce(String type, Value x, long[] axes, boolean keepDims) {
    if (axes.length == 0) {
      return x;
    }
    return op(type, List.of(Attr.of("keepdims", keepDims ? 1 : 0)), x, longs(axes));
  }

  /** Sum over everything: a scalar. */
  public final Value sumAll(Value x) {
    return op("ReduceSum", List.of(Attr.of("keepdims", 0)), x);
  }

  /** Mean over everything: a scalar. */
  public final Value meanAll(Value x) {
    return op("ReduceMean", List.of(Attr.of("keepdims", 0)), x);
  }

  public final Value cast(Value x, TensorProto.DataType type) {
    return op("Cast", List.of(Attr.of("to", type.getNumber())), x);
  }

  public final Value toFloat(Value x) {
    return cast(x, TensorProto.DataType.FLOAT);
  }

  public final Value where(Value condition, Value a, Value b) {
    return op("Where", condition, a, b);
  }

  public final Value concat(int axis, List<Value> parts) {
    return parts.size() == 1
        ? parts.get(0)
        : node("", "Concat", List.of(Attr.of("axis", axis)), parts, 1).get(0);
  }

  /** x[..., start:end:step, ...] on one axis. */
  public final Value slice(Value x, int axis, long start, long end) {
    return op("Slice", x, longs(start), longs(end), longs(axis));
  }

  /** Splits one axis into parts of the given sizes. */
  public final List<Value> split(Value x, int axis, long... sizes) {
    return node(
        "", "Split", List.of(Attr.of("axis", axis)), List.of(x, longs(sizes)), sizes.length);
  }

  /** Zeros of a fixed shape, without storing them. */
  public final Value zeros(long... dims) {
    return op("ConstantOfShape", longs(dims));
  }
}
